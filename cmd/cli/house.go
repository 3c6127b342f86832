package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// house is a running house as its admin API shows it.
type house struct {
	base  string
	token string
	http  *http.Client
}

// house finds the running house by the configuration.
func (c *common) house() (*house, error) {
	cfg, err := c.load()
	if err != nil {
		return nil, err
	}
	if cfg.Admin.Listen == "" {
		return nil, fmt.Errorf("%s: admin.listen is not set: the commands that look at a running house need it", c.config)
	}
	return &house{base: "http://" + dialable(cfg.Admin.Listen), token: string(cfg.Admin.Token), http: &http.Client{Timeout: 15 * time.Second}}, nil
}

// dialable turns a listen address without a host into this machine's.
func dialable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// refusal is an answer of the API that says no.
type refusal struct {
	Status int
	Code   string
	Text   string
}

func (r *refusal) Error() string { return r.Text }

// ask makes one call; into may be nil. An error that the house answered is a *refusal, which is wrong usage when it names a field.
func (h *house) ask(ctx context.Context, method, path string, body, into any) error {
	resp, err := h.call(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: %w", h.base, err)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s: %w", h.base, err)
	}
	return nil
}

// maxAnswer bounds what the house says, in bytes.
const maxAnswer = 16 << 20

// call makes one call and returns an answer of success, which the caller closes. Errors are those of ask.
func (h *house) call(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, h.base+path, payload)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+h.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := h.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, fmt.Errorf("no house answers at %s: is \"xianda serve\" running with this configuration? (%w)", h.base, err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.base, err)
	}
	return nil, h.refused(resp.StatusCode, answer)
}

// refused reads an answer that says no.
func (h *house) refused(status int, answer []byte) error {
	var e struct {
		Error struct{ Code, Field, Message string }
	}
	if json.Unmarshal(answer, &e) != nil || e.Error.Code == "" {
		return fmt.Errorf("%s answered with status %d: is this the admin address of a house?", h.base, status)
	}
	text := e.Error.Message
	if text == "" {
		text = strings.ReplaceAll(e.Error.Code, "_", " ")
	}
	if status == http.StatusUnauthorized {
		text = "the house at " + h.base + " has another admin.token: does another one run there, or was the token changed without a restart?"
	}
	if e.Error.Field != "" { // what was asked for cannot be meant
		return &usageError{&refusal{Status: status, Code: e.Error.Code, Text: e.Error.Field + ": " + text}}
	}
	return &refusal{Status: status, Code: e.Error.Code, Text: text}
}
