package telegramtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
)

// form is what a call says, whichever of the API's three forms it came in.
type form struct {
	values url.Values
	files  map[string]upload
}

type upload struct {
	name string
	body []byte
}

func readForm(r *http.Request) (form, error) {
	f := form{values: url.Values{}, files: map[string]upload{}}
	body, err := io.ReadAll(io.LimitReader(r.Body, 60<<20))
	if err != nil {
		return f, errors.New("the body was cut")
	}
	if len(body) == 0 {
		return f, nil
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return f, errors.New("no content type")
	}
	switch kind {
	case "application/json":
		return f, f.readJSON(body)
	case "application/x-www-form-urlencoded":
		f.values, err = url.ParseQuery(string(body))
		return f, err
	case "multipart/form-data":
		parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
		for {
			part, err := parts.NextPart()
			if errors.Is(err, io.EOF) {
				return f, nil
			}
			if err != nil {
				return f, errors.New("the form is broken")
			}
			b, err := io.ReadAll(part)
			if err != nil {
				return f, errors.New("the form is broken")
			}
			if part.FileName() != "" {
				f.files[part.FormName()] = upload{part.FileName(), b}
				continue
			}
			if f.values.Has(part.FormName()) {
				return f, fmt.Errorf("%s comes twice", part.FormName())
			}
			f.values.Set(part.FormName(), string(b))
		}
	}
	return f, errors.New("an unknown content type")
}

func (f form) readJSON(body []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return errors.New("the body is no JSON object")
	}
	for k, v := range object {
		var s string
		if json.Unmarshal(v, &s) != nil {
			s = string(v)
		}
		f.values.Set(k, s)
	}
	return nil
}

func (f form) number(key string) int64 {
	n, err := strconv.ParseInt(f.values.Get(key), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// into reads a value that is JSON.
func (f form) into(key string, v any) error {
	if !f.values.Has(key) {
		return nil
	}
	return json.Unmarshal([]byte(f.values.Get(key)), v)
}
