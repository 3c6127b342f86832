package cli

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAskReadsRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		want   string
		usage  bool
	}{
		{"its message", http.StatusConflict, `{"error":{"code":"owned","message":"held by alice"}}`, "held by alice", false},
		{"its code", http.StatusServiceUnavailable, `{"error":{"code":"not_ready"}}`, "not ready", false},
		{"a field", http.StatusBadRequest, `{"error":{"code":"bad_field","field":"limit","message":"want a number"}}`, "limit: want a number", true},
		{"another token", http.StatusUnauthorized, `{"error":{"code":"unauthorized","message":"show the token"}}`, "has another admin.token", false},
		{"somebody else", http.StatusNotFound, `<html>`, "status 404: is this the admin address of a house?", false},
		{"no JSON", http.StatusOK, `<html>`, "invalid character", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer canary" {
					t.Errorf("the token was not shown")
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			t.Cleanup(s.Close)
			var v struct{}
			err := (&house{base: s.URL, token: "canary", http: s.Client()}).ask(t.Context(), http.MethodGet, "/v1/cases", nil, &v)
			var u *usageError
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") || errors.As(err, &u) != tt.usage {
				t.Errorf("ask = %v, want %q (wrong usage: %v)", err, tt.want, tt.usage)
			}
		})
	}
}

func TestDialable(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		":8081": "127.0.0.1:8081", "0.0.0.0:8081": "127.0.0.1:8081", "[::]:8081": "127.0.0.1:8081",
		"127.0.0.1:8081": "127.0.0.1:8081", "[::1]:8081": "[::1]:8081", "seats.example:80": "seats.example:80",
	} {
		if got := dialable(listen); got != want {
			t.Errorf("dialable(%q) = %q, want %q", listen, got, want)
		}
	}
}
