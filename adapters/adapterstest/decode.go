package adapterstest

import (
	"bytes"
	"encoding/json"
)

// Decode is a factory's decode for keys, a map or a section itself: read by their JSON names, strictly, as the configuration is.
func Decode(keys any) func(into any) error {
	return func(into any) error {
		b, err := json.Marshal(keys)
		if err != nil {
			return err
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		return d.Decode(into)
	}
}
