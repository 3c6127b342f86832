package web

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// What a signed value is for. One kind is never good for the other: a script cannot read the cookie, and must not get a token of it.
const (
	asCookie = "cookie" // of our own pages, HttpOnly
	asToken  = "token"  // of the widget: a frame of another site gets no cookies
)

const cookieAge = 400 * 24 * time.Hour // what browsers keep at most

var peerForm = regexp.MustCompile(`^[0-9A-Za-z_-]{22}$`)

// mint makes a person who was never here.
func (a *Adapter) mint() (peer string, err error) {
	var b [16]byte
	if _, err := io.ReadFull(a.deps.Random, b[:]); err != nil {
		return "", fmt.Errorf("random: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

func (a *Adapter) cookieName() string { return "xianda_" + a.name }

// setCookie tells the browser who it is. Secure follows the scheme by which the page was asked for; behind a proxy that ends TLS only
// X-Forwarded-Proto knows it, and nothing else is believed of such a header.
func (a *Adapter) setCookie(w http.ResponseWriter, r *http.Request, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: a.cookieName(), Value: value, Path: a.Path(), MaxAge: int(cookieAge.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"),
	})
}

// person tells who makes the request. Our own pages show a cookie, others a token; whoever shows nothing was never here. A signature
// that is not ours is refused, or with renew taken for none. minted: the person is new.
func (a *Adapter) person(w http.ResponseWriter, r *http.Request, renew bool) (peer string, minted bool, refusal *wrong) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if bearer {
		peer, err := a.keys.verify(r.Context(), asToken, token)
		if err != nil {
			return "", false, a.unavailable("vault", err)
		}
		if peer == "" {
			return "", false, &errPerson
		}
		return peer, false, nil
	}
	if a.foreign(r) {
		return "", false, &errPerson
	}
	cookie, err := r.Cookie(a.cookieName())
	if err == nil {
		peer, err := a.keys.verify(r.Context(), asCookie, cookie.Value)
		if err != nil {
			return "", false, a.unavailable("vault", err)
		}
		if peer == "" && !renew {
			return "", false, &errPerson
		}
		if peer != "" {
			if renew {
				a.setCookie(w, r, cookie.Value)
			}
			return peer, false, nil
		}
	}
	peer, signed, refusal := a.newcomer(r.Context(), asCookie)
	if refusal == nil {
		a.setCookie(w, r, signed)
	}
	return peer, true, refusal
}

// newcomer makes a person, unless too many come at once.
func (a *Adapter) newcomer(ctx context.Context, kind string) (peer, signed string, refusal *wrong) {
	if !a.news.take("") {
		return "", "", &errCrowd
	}
	peer, err := a.mint()
	if err == nil {
		signed, err = a.keys.sign(ctx, kind, peer)
	}
	if err != nil {
		return "", "", a.unavailable("vault", err)
	}
	return peer, signed, nil
}

// session gives a page of another site, or a widget's frame, a token: a new one, or the one that it shows if that is good.
func (a *Adapter) session(w http.ResponseWriter, r *http.Request) {
	if token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); bearer {
		if peer, err := a.keys.verify(r.Context(), asToken, token); err == nil && peer != "" {
			a.answer(w, http.StatusOK, map[string]string{"token": token, "peer": peer})
			return
		}
	}
	peer, token, refusal := a.newcomer(r.Context(), asToken)
	if refusal != nil {
		a.refuse(w, *refusal)
		return
	}
	a.answer(w, http.StatusOK, map[string]string{"token": token, "peer": peer})
}
