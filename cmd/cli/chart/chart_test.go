package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	c := Chart{Title: "a < b & c", X: "left out", Y: "right", Lines: []Line{
		{"curve", []Point{{0, 1}, {0.5, 0.8}, {1, 0}}}, {"chosen", []Point{{0.5, 0.8}}}, {"beyond", []Point{{-1, 2}, {math.NaN(), math.Inf(1)}}}, {"empty", nil},
	}}
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v\n%s", err, b.String())
		}
	}
	for _, want := range []string{"a &lt; b &amp; c", `points="64.0,48.0 380.0,123.2 696.0,424.0"`, `<circle cx="380.0" cy="123.2"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the picture lacks %s:\n%s", want, b.String())
		}
	}
	for _, bad := range []string{"NaN", "Inf", "-1.0"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the picture has %s", bad)
		}
	}
}
