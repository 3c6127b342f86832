// Package cos keeps what people send as objects of a bucket of Tencent Cloud COS, below one prefix. It does not look into them, makes one
// attempt at each call, and forgets by age or by the beginning of an id only.
package cos

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	tencent "github.com/tencentyun/cos-go-sdk-v5"

	"github.com/xianda-bot/xianda/chat"
)

// Bucket keeps media in one bucket. Its methods may be called concurrently, by several processes too.
type Bucket struct {
	client *tencent.Client
	prefix string // "" or ends in "/"
}

// Options of a Bucket. SecretID and SecretKey are needed.
type Options struct {
	SecretID, SecretKey string
	Endpoint            string            // the bucket's whole address, for private clouds and tests; default: the public one of its name
	Transport           http.RoundTripper // default: one of its own
}

// timeout bounds one call, the transfer of its body included.
const timeout = 9 * time.Second

// address is cos://BUCKET-APPID.REGION/PREFIX.
var address = regexp.MustCompile(`^cos://([a-z0-9][a-z0-9-]*-[0-9]+)\.([a-z0-9-]+)(?:/(.*?))?/?$`)

// Open reads where to keep from cos://BUCKET-APPID.REGION/PREFIX. It asks nobody.
func Open(where string, o Options) (*Bucket, error) {
	m := address.FindStringSubmatch(where)
	if m == nil {
		return nil, errors.New("want cos://BUCKET-APPID.REGION/PREFIX, such as cos://media-1250000000.ap-guangzhou/shop")
	}
	if o.SecretID == "" || o.SecretKey == "" {
		return nil, errors.New("cos.secret_id and cos.secret_key are not both given")
	}
	at := "https://" + m[1] + ".cos." + m[2] + ".myqcloud.com"
	if o.Endpoint != "" {
		at = o.Endpoint
	}
	u, err := url.Parse(at)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("cos.endpoint: want http://… or https://…")
	}
	if o.Transport == nil { // not the process's: whoever closes its idle connections would cut our calls
		o.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 4 * time.Second, ForceAttemptHTTP2: true,
		}
	}
	c := tencent.NewClient(&tencent.BaseURL{BucketURL: u}, &http.Client{
		Timeout:   timeout,
		Transport: &tencent.AuthorizationTransport{SecretID: o.SecretID, SecretKey: o.SecretKey, Transport: o.Transport},
	})
	if o.Endpoint != "" {
		c.DisableURLCheck() // a private cloud's bucket need not be named as Tencent's are
	}
	c.Conf.RetryOpt.Count = 1 // who calls us tries again, and not at once
	b := &Bucket{client: c}
	if m[3] != "" {
		b.prefix = strings.Trim(m[3], "/") + "/"
	}
	return b, nil
}

// ids are what may become an object's name.
var ids = regexp.MustCompile(`^[0-9a-z][0-9a-z-]{3,127}$`)

// about is the header that holds a medium's description, as base64 of JSON: headers are ASCII.
const about = "X-Cos-Meta-About"

func (b *Bucket) key(id string) (string, error) {
	if !ids.MatchString(id) {
		return "", fmt.Errorf("id %.20q is none of a medium: %w", id, fs.ErrNotExist)
	}
	return b.prefix + id, nil
}

// Put keeps m and its content, body, under m.ID; the same id again replaces it. The SDK compares COS's checksum with the content's.
func (b *Bucket) Put(ctx context.Context, m chat.Media, body io.Reader) error {
	key, err := b.key(m.ID)
	if err != nil {
		return err
	}
	description, err := json.Marshal(m)
	if err != nil || len(description) > 1400 { // COS takes 2 KB of such headers
		return errors.Join(errors.New("the description of a medium is too long to be kept"), err)
	}
	content, err := io.ReadAll(body) // the length goes before the content
	if err != nil {
		return err
	}
	_, err = b.client.Object.Put(ctx, key, bytes.NewReader(content), &tencent.ObjectPutOptions{
		ObjectPutHeaderOptions: &tencent.ObjectPutHeaderOptions{
			// Never the medium's own type: a link into the bucket must not run what a stranger sent.
			ContentType: "application/octet-stream", ContentDisposition: "attachment", ContentLength: int64(len(content)),
			XCosMetaXXX: &http.Header{about: {base64.RawURLEncoding.EncodeToString(description)}},
		},
	})
	return told(ctx, "put", err)
}

// Open returns what was put under id, and when. The caller closes it; reading fails at the end if the content is not what was put.
// fs.ErrNotExist: there is nothing.
func (b *Bucket) Open(ctx context.Context, id string) (m chat.Media, put time.Time, body io.ReadCloser, err error) {
	key, err := b.key(id)
	if err != nil {
		return m, put, nil, err
	}
	resp, err := b.client.Object.Get(ctx, key, nil)
	if err != nil {
		return m, put, nil, told(ctx, "get", err)
	}
	description, err := base64.RawURLEncoding.DecodeString(resp.Header.Get(about))
	if err == nil {
		err = json.Unmarshal(description, &m)
	}
	if err == nil {
		put, err = http.ParseTime(resp.Header.Get("Last-Modified"))
	}
	if err != nil {
		resp.Body.Close()
		return m, put, nil, fmt.Errorf("medium %s: its object has no description or date: %w", id, err)
	}
	return m, put, verified(resp), nil
}

// told says what COS or the way to it did, without address, key or header.
func told(ctx context.Context, call string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := tencent.IsCOSError(err); ok {
		if e.Response.StatusCode == http.StatusNotFound && e.Code != "NoSuchBucket" {
			return fmt.Errorf("COS %s: %w", call, fs.ErrNotExist)
		}
		return fmt.Errorf("COS %s: status %d %s", call, e.Response.StatusCode, e.Code)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("COS %s: %w", call, ctx.Err())
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("COS %s: %w", call, u.Err)
	}
	if r, ok := errors.AsType[*tencent.RetryError](err); ok && len(r.Errs) > 0 {
		return told(ctx, call, r.Errs[len(r.Errs)-1])
	}
	return fmt.Errorf("COS %s: no answer that could be understood", call)
}
