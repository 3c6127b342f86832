package kefutest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// answer is what a call returns: an object with errcode and errmsg.
type answer map[string]any

func fail(code int, text string) answer {
	return answer{"errcode": code, "errmsg": text + " rid: 1-2-3"}
}

func ok() answer { return answer{"errcode": 0, "errmsg": "ok"} }

// calls are the paths with what each does; they run under the lock.
var calls = map[string]struct {
	method string
	do     func(p *Platform, r *http.Request, body []byte) answer
}{
	"/cgi-bin/kf/sync_msg":            {"POST", (*Platform).sync},
	"/cgi-bin/kf/send_msg":            {"POST", (*Platform).send},
	"/cgi-bin/kf/send_msg_on_event":   {"POST", (*Platform).sendByCode},
	"/cgi-bin/kf/service_state/get":   {"POST", (*Platform).stateOf},
	"/cgi-bin/kf/service_state/trans": {"POST", (*Platform).trans},
	"/cgi-bin/kf/servicer/list":       {"GET", (*Platform).servicers},
	"/cgi-bin/kf/account/list":        {"POST", (*Platform).accounts},
	"/cgi-bin/kf/customer/batchget":   {"POST", (*Platform).customers},
	"/cgi-bin/kf/add_contact_way":     {"POST", (*Platform).link},
	"/cgi-bin/media/upload":           {"POST", (*Platform).upload},
}

var escaped = regexp.MustCompile(`[^\\](\\\\)*\\u[0-9a-fA-F]{4}`)

// ServeHTTP is qyapi.weixin.qq.com.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p.mu.Lock()
	how := p.next(r.URL.Path)
	res := p.serve(w, r, body, how)
	p.mu.Unlock()
	switch how {
	case "502", "502-after-send":
		http.Error(w, "<html>Bad Gateway "+r.URL.RawQuery, http.StatusBadGateway)
	case "page":
		_, _ = io.WriteString(w, "<html>")
	case "timeout-after-send":
		<-r.Context().Done()
	default:
		if res != nil {
			_ = json.NewEncoder(w).Encode(res) // whoever asked may have gone
		}
	}
}

// next is how the next call of path fails; "" is not.
func (p *Platform) next(path string) string {
	p.calls[path]++
	all := p.fails[path]
	if len(all) == 0 {
		return ""
	}
	p.fails[path] = all[1:]
	return all[0]
}

// serve does what was asked, unless how says otherwise. nil: it has answered.
func (p *Platform) serve(w http.ResponseWriter, r *http.Request, body []byte, how string) answer {
	if r.URL.Path == "/cgi-bin/gettoken" && how == "" {
		return p.token(r)
	}
	if t := r.URL.Query().Get("access_token"); how == "" && (t != p.access() || p.revoked[t]) {
		return fail(40014, "invalid access_token "+t)
	}
	switch how {
	case "busy":
		return fail(-1, "system error")
	case "502", "page":
		return nil
	}
	if code, err := strconv.Atoi(how); err == nil {
		return fail(code, "refused "+r.URL.RawQuery)
	}
	if r.URL.Path == "/cgi-bin/media/get" {
		data, known := p.media[r.URL.Query().Get("media_id")]
		if !known {
			return fail(40007, "invalid media_id")
		}
		w.Header().Set("Content-Disposition", `attachment; filename="a.bin"`)
		_, _ = w.Write(data) // whoever asked may have gone
		return nil
	}
	c, known := calls[r.URL.Path]
	switch {
	case !known:
		return fail(40066, "invalid url")
	case r.Method != c.method:
		return fail(43001, "wrong method")
	case r.URL.Path != "/cgi-bin/media/upload" && (!utf8.Valid(body) || escaped.Match(body)):
		p.breach("%s: escaped or broken UTF-8", r.URL.Path)
		return fail(40033, "invalid charset")
	}
	if how == "seat" || how == "ended" {
		for _, who := range p.people {
			if who.state, who.seat = stateEnded, ""; how == "seat" {
				who.state, who.seat = stateSeat, "zhangsan"
			}
		}
	}
	had := len(p.sent)
	res := c.do(p, r, body)
	if strings.HasSuffix(how, "-after-send") && len(p.sent) > had {
		p.sentIDs[p.sent[had].Key] = true
	}
	return res
}

func (p *Platform) token(r *http.Request) answer {
	q := r.URL.Query()
	switch {
	case r.Method != http.MethodGet:
		return fail(43001, "require GET")
	case q.Get("corpid") != Corp:
		return fail(40013, "invalid corpid")
	case q.Get("corpsecret") != secret:
		return fail(40001, "invalid credential "+r.URL.RawQuery)
	}
	if p.tokens == 0 || p.revoked[p.access()] {
		p.tokens++
	}
	res := ok()
	res["access_token"], res["expires_in"] = p.access(), 7200
	return res
}

// read reads a body strictly.
func read(body []byte, into any) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	return d.Decode(into) == nil
}

func (p *Platform) sync(_ *http.Request, body []byte) answer {
	var in struct {
		Cursor string `json:"cursor"`
		Token  string `json:"token"`
		Limit  int    `json:"limit"`
		Voice  int    `json:"voice_format"`
		KF     string `json:"open_kfid"`
	}
	now := time.Now()
	switch {
	case !read(body, &in):
		return fail(47001, "data format error")
	case in.KF == Other:
		res := ok()
		res["next_cursor"], res["msg_list"], res["has_more"] = "cur-0", []any{}, 0
		return res
	case in.KF != Account:
		p.breach("sync_msg of %q", in.KF)
		return fail(95004, "open_kfid not found")
	case len(in.Cursor) > 64 || len(in.Token) > 128 || in.Limit < 0 || in.Limit > maxPageItems:
		p.breach("sync_msg beyond a limit")
		return fail(40058, "invalid Request Parameter")
	}
	if in.Token != "" {
		if until, known := p.rings[in.Token]; !known || now.After(until) {
			return fail(95007, "invalid msg token")
		}
	} else {
		p.bare = slices.DeleteFunc(p.bare, func(t time.Time) bool { return now.Sub(t) > time.Minute })
		if len(p.bare) >= barePerMin {
			p.breach("sync_msg without a token, %d times in a minute", barePerMin+1)
			return fail(45009, "api freq out of limit")
		}
		p.bare = append(p.bare, now)
	}
	at := 0
	if in.Cursor != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(in.Cursor, "cur-"))
		if err != nil || n > len(p.items) || !strings.HasPrefix(in.Cursor, "cur-") {
			return fail(40058, "invalid cursor")
		}
		at = n
	}
	p.tell(at)
	for at < len(p.items) && now.Sub(p.items[at].at) > keptFor {
		at++
	}
	if p.blank > 0 {
		p.blank--
		res := ok()
		res["next_cursor"], res["msg_list"], res["has_more"] = fmt.Sprint("cur-", at), []any{}, 1
		return res
	}
	size := min(p.page, maxPageItems)
	if in.Limit > 0 {
		size = min(size, in.Limit)
	}
	msgs := []any{}
	for at < len(p.items) && len(msgs) < size {
		p.items[at].served = true
		msgs = append(msgs, p.items[at].msg)
		at++
	}
	p.high = max(p.high, at)
	res := ok()
	res["next_cursor"], res["msg_list"], res["has_more"] = fmt.Sprint("cur-", at), msgs, 0
	if len(msgs) > 0 {
		res["has_more"] = 1 // though nothing may come behind: the next call confirms these
	}
	return res
}

// tell notes what a cursor confirms: everything before it. What was served behind it is asked for again.
func (p *Platform) tell(cursor int) {
	for i := p.low; i < p.high; i++ {
		e := p.items[i]
		if e.done || i >= cursor && !e.served {
			continue
		}
		if e.done, e.served = i < cursor, false; e.done {
			delete(p.open, e.key)
		}
		select {
		case e.told <- e.done:
		default: // told already
		}
	}
	p.low = max(p.low, min(cursor, p.high))
}
