package release

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/kb"
)

// A compiled release is one file: a mark and the number of its layout; a Manifest, the source files but those of kb/, the entries, each
// as JSON behind its length; the compiled index; and the SHA-256 of all that. It depends on the sources alone.
const (
	mark   = "xianda\x00release\n"
	layout = 1
	most   = 1 << 30 // bytes of a compiled release

	maxSources = 128 << 20 // bytes of its source files, as JSON, when nothing was proved yet
)

// Errors of Peek and Unpack.
var (
	ErrForeign = errors.New("it is no compiled release")
	ErrLayout  = errors.New("another version of xianda wrote it: publish the release again with this one, or use that one")
	ErrDamaged = errors.New("it is damaged: publish the release again, or roll back")
)

// Manifest tells what a compiled release holds.
type Manifest struct {
	Version string `json:"version"`
	Name    string `json:"name"`
	Dialogs int    `json:"dialogs"`
	Entries int    `json:"entries"`
}

// ManifestOf describes a release.
func ManifestOf(r *Release) Manifest {
	return Manifest{Version: r.Version, Name: r.Name, Dialogs: len(r.Dialogs), Entries: len(r.Entries)}
}

// Pack writes the compiled form of r, which was built of files.
func Pack(w io.Writer, files []script.Source, r *Release) error {
	sum := sha256.New()
	b := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<16)
	head := binary.LittleEndian.AppendUint32([]byte(mark), layout)
	if _, err := b.Write(head); err != nil {
		return err
	}
	var rest []script.Source
	for _, f := range files {
		if !strings.HasPrefix(f.Name, "kb/") {
			rest = append(rest, f)
		}
	}
	for _, part := range []any{ManifestOf(r), rest, r.Entries} {
		data, err := json.Marshal(part)
		if err != nil {
			return err
		}
		if _, err := b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))); err != nil {
			return err
		}
		if _, err := b.Write(data); err != nil {
			return err
		}
	}
	if err := r.Index.Encode(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	_, err := w.Write(sum.Sum(nil))
	return err
}

// Peek reads what a compiled release holds, and trusts it.
func Peek(src io.Reader) (Manifest, error) {
	p := &unpacker{r: bufio.NewReader(src), left: 1 << 16} // nothing was proved yet: a length may lie
	var m Manifest
	if err := p.head(); err != nil {
		return m, err
	}
	return m, p.part(&m)
}

// Dialogs reads the dialogs of a compiled release alone, for conversations that are in the middle of one. Nothing is proved: a dialog is
// looked up by the hash of its source, so that one that was changed is never found.
func Dialogs(src io.Reader) ([]*script.Dialog, error) {
	p := &unpacker{r: bufio.NewReader(src), left: most}
	if err := p.head(); err != nil {
		return nil, err
	}
	var m Manifest
	var files []script.Source
	p.left = maxSources
	if err := errors.Join(p.part(&m), p.part(&files)); err != nil {
		return nil, err
	}
	r := empty(m.Version)
	for _, f := range files {
		if strings.HasPrefix(f.Name, "dialogs/") {
			r.file(f)
		}
	}
	return r.Dialogs, nil
}

// Unpack reads a compiled release. The release is nil when there is an error among the findings, as with Build: it may name a queue
// that the configuration does not have. err is about the file.
func Unpack(src io.ReadSeeker, o Options) (*Release, []script.Finding, error) {
	size, err := src.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, nil, err
	}
	if err := proved(src); err != nil {
		return nil, nil, err
	}
	p := &unpacker{left: size - sha256.Size}
	if err := errors.Join(p.rewind(src), p.head()); err != nil {
		return nil, nil, err
	}
	var m Manifest
	var files []script.Source
	var entries []kb.Entry
	if err := errors.Join(p.part(&m), p.part(&files), p.part(&entries)); err != nil {
		return nil, nil, err
	}
	r := empty(m.Version)
	r.Entries = entries
	findings := r.read(files, o)
	if script.Broken(findings) {
		return nil, findings, nil
	}
	r.finish()
	if r.Index, err = kb.Decode(p.r, p.left); err != nil {
		return nil, nil, badIndex(err)
	}
	return r, findings, nil
}

func badIndex(err error) error {
	if errors.Is(err, kb.ErrFormat) {
		return fmt.Errorf("%w (%w)", ErrLayout, err)
	}
	return fmt.Errorf("%w (%w)", ErrDamaged, err)
}

// Intact holds that src is a compiled release of this layout, with an index of the format that kb reads, every byte as it was written.
// It reads what the release holds.
func Intact(src io.ReadSeeker) (Manifest, error) {
	var m Manifest
	if err := proved(src); err != nil {
		return m, err
	}
	p := &unpacker{left: most}
	var skipped json.RawMessage
	if err := errors.Join(p.rewind(src), p.head(), p.part(&m), p.part(&skipped), p.part(&skipped)); err != nil {
		return m, err
	}
	if err := kb.Readable(p.r); err != nil {
		return m, badIndex(err)
	}
	return m, nil
}

// proved holds that src has this layout and the sum that was written with it.
func proved(src io.ReadSeeker) error {
	size, err := src.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	p := &unpacker{}
	if err := p.rewind(src); err != nil {
		return err
	}
	if err := p.head(); err != nil {
		return err
	}
	if size > most || size < int64(len(mark))+4+sha256.Size {
		return ErrDamaged
	}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(sum, src, size-sha256.Size); err != nil {
		return err
	}
	want := make([]byte, sha256.Size)
	if _, err := io.ReadFull(src, want); err != nil {
		return err
	}
	if !bytes.Equal(sum.Sum(nil), want) {
		return ErrDamaged
	}
	return nil
}

type unpacker struct {
	r    *bufio.Reader
	left int64 // bytes before the sum
}

func (p *unpacker) rewind(src io.ReadSeeker) error {
	_, err := src.Seek(0, io.SeekStart)
	p.r = bufio.NewReaderSize(src, 1<<16)
	return err
}

func (p *unpacker) head() error {
	head := make([]byte, len(mark)+4)
	if _, err := io.ReadFull(p.r, head); err != nil || string(head[:len(mark)]) != mark {
		return ErrForeign
	}
	p.left -= int64(len(head))
	if n := binary.LittleEndian.Uint32(head[len(mark):]); n != layout {
		return fmt.Errorf("%w (layout %d, this one reads %d)", ErrLayout, n, layout)
	}
	return nil
}

// part reads one JSON value behind its length.
func (p *unpacker) part(into any) error {
	var n [4]byte
	if _, err := io.ReadFull(p.r, n[:]); err != nil {
		return ErrDamaged
	}
	size := int64(binary.LittleEndian.Uint32(n[:]))
	if p.left -= 4 + size; p.left < 0 {
		return ErrDamaged
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(p.r, data); err != nil {
		return ErrDamaged
	}
	if err := json.Unmarshal(data, into); err != nil {
		return ErrDamaged
	}
	return nil
}
