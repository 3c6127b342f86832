package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand puts the environment's values for ${NAME} into a scalar; $${ is a plain ${. What a variable holds is never parsed again.
func expand(s string, env func(string) (string, bool)) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		if !found {
			out.WriteString(s)
			return out.String(), nil
		}
		if strings.HasSuffix(before, "$") {
			out.WriteString(before + "{")
			s = rest
			continue
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !variableName.MatchString(name) {
			return "", errors.New("${ begins a variable: write ${NAME}, or $${ for the two characters")
		}
		value, ok := env(name)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set", name)
		}
		out.WriteString(before + value)
		s = after
	}
}

// readSecret reads what a `…_file` key names; one line break at its end does not count.
func readSecret(path string) (string, error) {
	data, err := readBounded(path)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, pathError(path, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: the file is larger than %d bytes", path, maxFile)
	}
	return data, nil
}

// pathError says the path first and leaves the name of the system call out.
func pathError(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// secretFiles are the files that `…_file` keys of the whole file name, those of channels that nobody decoded among them.
func (c *Config) secretFiles() []string {
	var files []string
	var walk func(n *node)
	walk = func(n *node) {
		for _, item := range n.items {
			walk(item)
		}
		for _, p := range n.keys {
			walk(p.value)
			if strings.HasSuffix(p.key, "_file") && p.value.shape == text {
				if path, err := expand(p.value.value, c.env); err == nil {
					files = append(files, c.beside(path))
				}
			}
		}
	}
	walk(c.tree)
	slices.Sort(files)
	return slices.Compact(files)
}

// digest is a hash over the file's bytes and those of the files it names; one that cannot be read counts as its name alone.
func digest(data []byte, files []string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s", len(data), data)
	for _, name := range files {
		content, err := readBounded(name)
		fmt.Fprintf(h, "\n%s %t %d\n%s", name, err == nil, len(content), content)
	}
	return hex.EncodeToString(h.Sum(nil))
}
