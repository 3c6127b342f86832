package config

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// decoder fills Go values from the file's tree by their yaml tags, and collects every mistake instead of stopping at the first.
type decoder struct {
	name     string
	env      func(string) (string, bool)
	problems problems
}

func (d *decoder) err() error { return d.problems.err() }

func (d *decoder) fault(line, col int, format string, args ...any) {
	d.problems = append(d.problems, &problem{name: d.name, line: line, col: col, message: fmt.Sprintf(format, args...)})
}

func (d *decoder) decodeRoot(tree *node, c *Config) {
	d.value(tree, reflect.ValueOf(c).Elem(), "", false)
}

// field is one key that a struct knows.
type field struct {
	key    string
	index  []int
	secret bool // has a `_file` twin, and its value is never told
}

var (
	secretType   = reflect.TypeFor[Secret]()
	urlType      = reflect.TypeFor[URL]()
	channelType  = reflect.TypeFor[Channel]()
	durationType = reflect.TypeFor[time.Duration]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// fieldsOf lists the keys of a struct: the yaml tag's name or the field's in lower case; those of `,inline` and embedded structs count
// as its own. A string is a secret by its type, by the tag secret:"true", or by its name.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if f.Type.Kind() == reflect.Struct && key == "" && (f.Anonymous || option == "inline") {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				out = append(out, inner)
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		if key == "" {
			key = strings.ToLower(f.Name)
		}
		secret := f.Type == secretType || f.Type == urlType ||
			f.Type.Kind() == reflect.String && (f.Tag.Get("secret") == "true" || secretKey(key))
		out = append(out, field{key: key, index: []int{i}, secret: secret})
	}
	return out
}

func (d *decoder) value(n *node, v reflect.Value, path string, secret bool) {
	if v.Type() == channelType {
		d.channel(n, v.Addr().Interface().(*Channel), path)
		return
	}
	if n.shape == nothing {
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path, secret)
		return
	}
	if v.Kind() == reflect.Interface && v.NumMethod() == 0 {
		if x := d.plain(n, path); x != nil {
			v.Set(reflect.ValueOf(x))
		}
		return
	}
	if v.Type() != durationType && v.CanAddr() && v.Addr().Type().Implements(textType) {
		if s, ok := d.scalar(n, path, "text", secret); ok {
			err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s))
			switch {
			case err != nil && (secret || s != n.value): // the type's own words would quote the value
				d.fault(n.line, n.col, "%s", wrong(path, "a "+v.Type().String(), n, secret))
			case err != nil:
				d.fault(n.line, n.col, "%s: %v", path, err)
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.object(n, v, path)
	case reflect.Map:
		d.dictionary(n, v, path)
	case reflect.Slice:
		if n.shape != list {
			d.fault(n.line, n.col, "%s", wrong(path, "a list", n, secret))
			return
		}
		out := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
		for i, item := range n.items {
			d.value(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i), secret)
		}
		v.Set(out)
	default:
		d.simple(n, v, path, secret)
	}
}

// simple decodes a scalar. What is written unquoted but meant as text (a key of digits) is taken as it stands.
func (d *decoder) simple(n *node, v reflect.Value, path string, secret bool) {
	want, bad := "text", false
	switch {
	case v.Type() == durationType:
		want = "a duration such as 5s or 2m"
	case v.CanInt(), v.CanUint():
		want = "a whole number"
	case v.CanFloat():
		want = "a number"
	case v.Kind() == reflect.Bool:
		want = "true or false"
	}
	s, ok := d.scalar(n, path, want, secret)
	if !ok {
		return
	}
	switch {
	case v.Kind() == reflect.String:
		v.SetString(s)
	case v.Type() == durationType:
		x, err := time.ParseDuration(s)
		v.SetInt(int64(x))
		bad = err != nil || x < 0
	case v.CanInt():
		x, err := strconv.ParseInt(s, 10, v.Type().Bits())
		v.SetInt(x)
		bad = err != nil
	case v.CanUint():
		x, err := strconv.ParseUint(s, 10, v.Type().Bits())
		v.SetUint(x)
		bad = err != nil
	case v.CanFloat():
		x, err := strconv.ParseFloat(s, v.Type().Bits())
		v.SetFloat(x)
		bad = err != nil || math.IsNaN(x) || math.IsInf(x, 0)
	case v.Kind() == reflect.Bool:
		v.SetBool(s == "true")
		bad = s != "true" && s != "false"
	default:
		d.fault(n.line, n.col, "%s: nobody can put a value of the file into a %s", path, v.Type())
	}
	if bad {
		d.fault(n.line, n.col, "%s", wrong(path, want, n, secret))
	}
}

// scalar returns the expanded text of a scalar.
func (d *decoder) scalar(n *node, path, want string, secret bool) (string, bool) {
	if n.shape == list || n.shape == table {
		d.fault(n.line, n.col, "%s", wrong(path, want, n, secret))
		return "", false
	}
	if n.shape != text {
		return n.value, true
	}
	s, err := expand(n.value, d.env)
	if err != nil {
		d.fault(n.line, n.col, "%s: %v", path, err)
	}
	return s, err == nil
}

// wrong tells what was wanted; what was got is quoted only when it is short, stands in the file itself and is no secret.
func wrong(path, want string, n *node, secret bool) string {
	got := n.shape.String()
	if n.value != "" && !secret && !strings.Contains(n.value, "${") && len(n.value) <= 40 {
		got = strconv.Quote(n.value)
	}
	if path == "" {
		return fmt.Sprintf("want %s, got %s", want, got)
	}
	return fmt.Sprintf("%s: want %s, got %s", path, want, got)
}

func (d *decoder) object(n *node, v reflect.Value, path string) {
	if n.shape != table {
		d.fault(n.line, n.col, "%s", wrong(path, "a mapping (key: value)", n, false))
		return
	}
	fields := fieldsOf(v.Type())
	known, byKey := make([]string, 0, len(fields)), make(map[string]field, len(fields))
	for _, f := range fields {
		known, byKey[f.key] = append(known, f.key), f
	}
	for _, p := range n.keys {
		if f, ok := byKey[p.key]; ok {
			d.value(p.value, v.FieldByIndex(f.index), join(path, p.key), f.secret)
			continue
		}
		if base, ok := strings.CutSuffix(p.key, "_file"); ok && byKey[base].secret {
			d.fromFile(n, p, v.FieldByIndex(byKey[base].index), join(path, p.key), base)
			continue
		}
		d.fault(p.line, p.col, "%s", unknownKey(p.key, known))
	}
}

// fromFile puts the content of the file that a `…_file` key names into its twin.
func (d *decoder) fromFile(n *node, p pair, v reflect.Value, path, base string) {
	if n.get(base) != nil {
		d.fault(p.line, p.col, "%s and %s are both given; keep one", base, p.key)
		return
	}
	name, ok := d.scalar(p.value, path, "the name of a file", false)
	if !ok || p.value.shape == nothing {
		return
	}
	content, err := readSecret(beside(d.name, name))
	if err != nil {
		d.fault(p.value.line, p.value.col, "%s: %v", path, err)
		return
	}
	v.SetString(content)
}

func (d *decoder) dictionary(n *node, v reflect.Value, path string) {
	if n.shape != table || v.Type().Key().Kind() != reflect.String {
		d.fault(n.line, n.col, "%s", wrong(path, "a mapping (key: value)", n, false))
		return
	}
	out := reflect.MakeMapWithSize(v.Type(), len(n.keys))
	for _, p := range n.keys {
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(p.value, item, join(path, p.key), secretKey(p.key))
		out.SetMapIndex(reflect.ValueOf(p.key).Convert(v.Type().Key()), item)
	}
	v.Set(out)
}

// plain is what an owner gets who asked for no type.
func (d *decoder) plain(n *node, path string) any {
	switch n.shape {
	case list:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = d.plain(item, fmt.Sprintf("%s[%d]", path, i))
		}
		return out
	case table:
		out := make(map[string]any, len(n.keys))
		for _, p := range n.keys {
			out[p.key] = d.plain(p.value, join(path, p.key))
		}
		return out
	case boolean:
		return n.value == "true"
	case number:
		if i, err := strconv.ParseInt(n.value, 10, 64); err == nil {
			return i
		}
		if f, err := strconv.ParseFloat(n.value, 64); err == nil {
			return f
		}
		return n.value
	case text:
		s, _ := d.scalar(n, path, "text", false)
		return s
	}
	return nil
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
