// Package costest is a fake of Tencent Cloud COS that refuses what the true one refuses: it verifies every signature, lists by pages and
// keeps checksums. It is test code.
package costest

import (
	"encoding/xml"
	"fmt"
	"hash/crc64"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Credentials that the fake knows.
const (
	SecretID  = "AKIDfake0000000000000000000000000000"
	SecretKey = "fakeSecretKey000000000000000000"
)

// COS is one bucket. Its methods may be called concurrently.
type COS struct {
	URL string

	mu      sync.Mutex // guards all below
	objects map[string]object
	back    time.Duration
	failing int
	tamper  bool
	calls   []string
	refused int
	page    int
}

type object struct {
	body   []byte
	header http.Header
	at     time.Time
}

// New starts a bucket; it lists at most page objects a call, 0: as many as it is asked for.
func New(t *testing.T, page int) *COS {
	t.Helper()
	c := &COS{objects: map[string]object{}, page: page}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	c.URL = s.URL
	return c
}

// Back dates what is put from now on so much earlier.
func (c *COS) Back(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.back = d
}

// Fail lets the next n calls be answered with status 503.
func (c *COS) Fail(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failing = n
}

// Tamper changes every content that is got from now on.
func (c *COS) Tamper() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tamper = true
}

// Calls are the methods and paths asked for, in order; Refused is how many had a wrong signature.
func (c *COS) Calls() (calls []string, refused int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls), c.refused
}

// Header is what an object was put with.
func (c *COS) Header(key string) http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.objects[key].header.Clone()
}

// ServeHTTP is no ServeMux on purpose: that would clean paths, which are keys here.
func (c *COS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, r.Method+" "+r.URL.Path)
	if c.failing > 0 {
		c.failing--
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailable")
		return
	}
	if err := Verify(r, SecretKey, time.Now()); err != nil {
		c.refused++
		refuse(w, http.StatusForbidden, "SignatureDoesNotMatch")
		return
	}
	key := strings.TrimPrefix(r.URL.Path, "/")
	switch _, deleting := r.URL.Query()["delete"]; {
	case r.Method == http.MethodGet && key == "":
		c.list(w, r)
	case r.Method == http.MethodPost && key == "" && deleting:
		c.delete(w, r)
	case r.Method == http.MethodPut:
		c.put(w, r, key)
	case r.Method == http.MethodGet:
		c.get(w, key)
	default:
		refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
}

func sum(b []byte) string {
	return strconv.FormatUint(crc64.Checksum(b, crc64.MakeTable(crc64.ECMA)), 10)
}

func (c *COS) put(w http.ResponseWriter, r *http.Request, key string) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.ContentLength < 0 {
		refuse(w, http.StatusLengthRequired, "MissingContentLength")
		return
	}
	meta := 0
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X-Cos-Meta-") {
			meta += len(name) + len(strings.Join(values, ""))
		}
	}
	if meta > 2<<10 {
		refuse(w, http.StatusBadRequest, "KeyTooLong")
		return
	}
	c.objects[key] = object{body, r.Header.Clone(), time.Now().Add(-c.back)}
	w.Header().Set("X-Cos-Hash-Crc64ecma", sum(body))
}

func (c *COS) get(w http.ResponseWriter, key string) {
	o, ok := c.objects[key]
	if !ok {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	for name, values := range o.header {
		if strings.HasPrefix(name, "X-Cos-Meta-") || name == "Content-Type" || name == "Content-Disposition" {
			w.Header()[name] = values
		}
	}
	w.Header().Set("Last-Modified", o.at.UTC().Format(http.TimeFormat))
	w.Header().Set("X-Cos-Hash-Crc64ecma", sum(o.body))
	body := o.body
	if c.tamper {
		body = append(slices.Clone(body[:len(body)-1]), body[len(body)-1]+1)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

type listed struct {
	XMLName     xml.Name `xml:"ListBucketResult"`
	IsTruncated bool
	NextMarker  string `xml:",omitempty"`
	Contents    []entry
}

type entry struct {
	Key          string
	LastModified string
	Size         int
}

func (c *COS) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	most, err := strconv.Atoi(q.Get("max-keys"))
	if err != nil || most > 1000 {
		most = 1000
	}
	if c.page > 0 {
		most = min(most, c.page)
	}
	var out listed
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		if !strings.HasPrefix(key, q.Get("prefix")) || key <= q.Get("marker") {
			continue
		}
		if len(out.Contents) == most {
			out.IsTruncated, out.NextMarker = true, out.Contents[most-1].Key
			break
		}
		o := c.objects[key]
		out.Contents = append(out.Contents, entry{key, o.at.UTC().Format("2006-01-02T15:04:05.000Z"), len(o.body)})
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(out)
}

func (c *COS) delete(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Object []struct{ Key string }
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || xml.Unmarshal(body, &asked) != nil || len(asked.Object) > 1000 {
		refuse(w, http.StatusBadRequest, "MalformedXML")
		return
	}
	for _, o := range asked.Object {
		delete(c.objects, o.Key)
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = io.WriteString(w, "<DeleteResult></DeleteResult>")
}
