package cos

import (
	"errors"
	"hash"
	"hash/crc64"
	"io"
	"strconv"

	tencent "github.com/tencentyun/cos-go-sdk-v5"
)

// checked reads a content and compares it, at its end, with the checksum that COS keeps; the SDK does so for uploads only.
type checked struct {
	io.ReadCloser
	sum  hash.Hash64
	want uint64
}

// verified is the body of an answer; without a checksum in its header it is taken as it comes.
func verified(resp *tencent.Response) io.ReadCloser {
	want, err := strconv.ParseUint(resp.Header.Get("X-Cos-Hash-Crc64ecma"), 10, 64)
	if err != nil {
		return resp.Body
	}
	return &checked{resp.Body, crc64.New(crc64.MakeTable(crc64.ECMA)), want}
}

// Read fails instead of ending when the checksum differs.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Write(p[:n])
	if errors.Is(err, io.EOF) && c.sum.Sum64() != c.want {
		return n, errors.New("COS get: the content is not what was put")
	}
	return n, err
}
