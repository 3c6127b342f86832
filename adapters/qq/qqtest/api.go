package qqtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var route = regexp.MustCompile(`^/v2/((users|groups)/[0-9A-Z]{32})/(messages|files)$`)

// ServeHTTP is api.sgroup.qq.com and bots.qq.com.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what is cut short does not parse
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path == "/app/getAppAccessToken" && r.Method == http.MethodPost {
		p.giveToken(w, body)
		return
	}
	if r.Header.Get("Authorization") != "QQBot "+p.token() || r.Header.Get("X-Union-Appid") != AppID {
		refuse(w, http.StatusUnauthorized, 11243, "token not exist or expire")
		return
	}
	m := route.FindStringSubmatch(r.URL.Path)
	interaction, isTap := strings.CutPrefix(r.URL.Path, "/interactions/")
	switch {
	case m != nil && r.Method == http.MethodPost && m[3] == "messages":
		p.message(w, r, m[1], body)
	case m != nil && r.Method == http.MethodPost:
		p.keep(w, m[2], body)
	case isTap && r.Method == http.MethodPut:
		if !p.spinning[interaction] || string(bytes.TrimSpace(body)) != `{"code":0}` {
			p.breach("the interaction %s was acknowledged with %s", interaction, body)
		}
		delete(p.spinning, interaction)
	case r.URL.Path == "/v2/generate_url_link" && r.Method == http.MethodPost:
		p.link(w, body)
	case r.URL.Path == "/users/@me" && r.Method == http.MethodGet:
		_, _ = io.WriteString(w, `{"id":"6158788878435714165","username":"助手","bot":true}`)
	default:
		p.breach("%s %s does not exist", r.Method, r.URL.Path)
		refuse(w, http.StatusNotFound, 0, "not found")
	}
}

func (p *Platform) token() string { return token + strconv.Itoa(p.tokens) }

// giveToken gives everybody the token in force; its life is a string, and a refusal has the status 200.
func (p *Platform) giveToken(w http.ResponseWriter, body []byte) {
	p.fetches++
	var in struct{ AppID, ClientSecret string }
	if json.Unmarshal(body, &in) != nil || in.AppID != AppID || in.ClientSecret != Secret {
		refuse(w, http.StatusOK, 100016, "invalid appid or secret")
		return
	}
	_, _ = fmt.Fprintf(w, `{"access_token":%q,"expires_in":"7200"}`, p.token())
}

// message takes one message, or says what is wrong with it.
func (p *Platform) message(w http.ResponseWriter, r *http.Request, place string, body []byte) {
	how := ""
	if len(p.fails) > 0 {
		how, p.fails = p.fails[0], p.fails[1:]
	}
	switch how {
	case "busy":
		w.Header().Set("Retry-After", "3")
		refuse(w, http.StatusTooManyRequests, 0, "too many requests")
		return
	case "502":
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>502</html>")
		return
	case "page":
		_, _ = io.WriteString(w, "<html>maintenance</html>")
		return
	case "401":
		p.tokens++
		refuse(w, http.StatusUnauthorized, 11243, "token not exist or expire")
		return
	}
	if code, err := strconv.Atoi(how); err == nil {
		refuse(w, http.StatusBadRequest, code, "refused "+r.URL.Path+" "+p.token())
		return
	}
	shown, seq, a, code, text := p.judge(place, body)
	if code != 0 {
		refuse(w, http.StatusBadRequest, code, text)
		return
	}
	a.used[seq] = true
	a.left--
	p.sent = append(p.sent, shown)
	switch how {
	case "timeout-after-send":
		a.excused[seq] = true
		p.mu.Unlock()
		<-r.Context().Done()
		p.mu.Lock()
	case "audit":
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"code":304024,"message":"push message is waiting for audit now"}`)
	default:
		_, _ = fmt.Fprintf(w, `{"id":"ROBOT1.0_sent%d","timestamp":"2026-11-26T10:00:00+08:00"}`, len(p.sent))
	}
}

// keep takes an upload by its address. kind is users or groups: what is kept for one is not for the other.
func (p *Platform) keep(w http.ResponseWriter, kind string, body []byte) {
	var in struct {
		Type int    `json:"file_type"`
		URL  string `json:"url"`
		Send *bool  `json:"srv_send_msg"`
	}
	u, err := url.Parse("")
	if json.Unmarshal(body, &in) == nil {
		u, err = url.Parse(in.URL)
	}
	if err != nil || in.Type != 1 || !strings.HasPrefix(u.Scheme, "http") || in.Send == nil || *in.Send {
		p.breach("a file was uploaded as %s", body)
		refuse(w, http.StatusBadRequest, 850019, "unsupported file")
		return
	}
	if strings.Contains(u.Path, "missing") {
		refuse(w, http.StatusBadRequest, 850026, "the file cannot be fetched")
		return
	}
	p.uploads++
	info := fmt.Sprint("info-", kind, "-", p.uploads)
	p.files[info] = kind
	_, _ = fmt.Fprintf(w, `{"file_uuid":"u","file_info":%q,"ttl":300}`, info)
}

// Forget ends every file_info.
func (p *Platform) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.files)
}

func (p *Platform) link(w http.ResponseWriter, body []byte) {
	var in struct {
		Data string `json:"callback_data"`
	}
	if json.Unmarshal(body, &in) != nil || len(in.Data) > 32 {
		p.breach("a link was asked for with %s", body)
		refuse(w, http.StatusBadRequest, 12002, "request invalid")
		return
	}
	address := fmt.Sprint("https://qun.qq.com/qunpro/robot/qunshare?n=", len(p.links))
	p.links[address] = in.Data
	_, _ = fmt.Fprintf(w, `{"retcode":0,"msg":"success","data":{"url":%q}}`, address)
}

func refuse(w http.ResponseWriter, status, code int, text string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"err_code":%d,"message":%q,"trace_id":"4a8a61565b909f199b1ec169fdd6f49e"}`, code, text)
}
