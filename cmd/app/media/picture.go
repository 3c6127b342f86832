package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// Sizes that a picture may have: those of phones, and their long screenshots.
const (
	maxSide   = 32_768
	maxPixels = 130_000_000
)

// picture tells whether a content of one of the safe types has a header that can be read and a size that a viewer can bear. Nothing is
// unpacked: of a picture of 50,000 × 50,000 the header is small too.
func picture(content []byte, kind string) bool {
	var c image.Config
	var err error
	r := bytes.NewReader(content)
	switch kind {
	case "image/png":
		c, err = png.DecodeConfig(r)
	case "image/jpeg":
		c, err = jpeg.DecodeConfig(r)
	case "image/gif":
		c, err = gif.DecodeConfig(r)
	case "image/webp":
		c, err = webpConfig(content)
	default:
		return false
	}
	return err == nil && c.Width > 0 && c.Height > 0 && c.Width <= maxSide && c.Height <= maxSide && c.Width*c.Height <= maxPixels
}

// webpConfig reads the size from the first chunk (RFC 9649, sections 2.5 to 2.7).
func webpConfig(b []byte) (image.Config, error) {
	if len(b) < 30 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
		return image.Config{}, io.ErrUnexpectedEOF
	}
	data := b[20:]
	switch string(b[12:16]) {
	case "VP8 ":
		if data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a {
			return image.Config{}, image.ErrFormat
		}
		width, height := binary.LittleEndian.Uint16(data[6:]), binary.LittleEndian.Uint16(data[8:])
		return image.Config{Width: int(width) & 0x3fff, Height: int(height) & 0x3fff}, nil
	case "VP8L":
		if data[0] != 0x2f {
			return image.Config{}, image.ErrFormat
		}
		bits := binary.LittleEndian.Uint32(data[1:])
		return image.Config{Width: int(bits&0x3fff) + 1, Height: int(bits>>14&0x3fff) + 1}, nil
	case "VP8X":
		return image.Config{Width: 1 + three(data[4:]), Height: 1 + three(data[7:])}, nil
	}
	return image.Config{}, image.ErrFormat
}

func three(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
