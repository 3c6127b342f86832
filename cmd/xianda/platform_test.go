package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// platform is WeChat as far as these tests need it: it delivers a message again until it is answered, and takes what is pushed. Its
// log, not ours, is what verdicts are computed from.
type platform struct {
	api    *httptest.Server
	client *http.Client
	token  string

	mu     sync.Mutex         // guards all below
	hooks  []string           // webhooks, asked in turn
	next   int                //
	pushed map[string][]shown // openid → what custom/send brought
	busy   int                // deliveries that were refused or cut and made again
	asked  func() string      // answers the dialogs' backend; nil: it is not there
	menu   json.RawMessage    // of the account; nil: it has none
	codes  map[string]string  // address in a QR code → the scene that it carries
	files  map[string][]byte  // media_id → what a person sent
}

// shown is a text that reached a phone.
type shown struct {
	at   time.Time
	text string
}

// post is one message of a person.
type post struct {
	openid, text string
	id           int64
	at           time.Time
	code         string // scene of the code that was scanned to follow the account; then there is no text
	media        string // media_id of a picture; then there is no text
}

// delivery is the id that the official account's adapter gives a message.
func (p post) delivery() string { return fmt.Sprintf("%d-%d", p.id, p.at.Unix()) }

func newPlatform(t *testing.T) *platform {
	p := &platform{token: "chaostoken1", pushed: map[string][]shown{}, codes: map[string]string{}, files: map[string][]byte{}}
	p.client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	p.api = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.api.Close)
	t.Cleanup(p.client.CloseIdleConnections)
	return p
}

func (p *platform) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/cgi-bin/stable_token":
		io.WriteString(w, `{"access_token":"ACCESS","expires_in":7200}`)
	case "/cgi-bin/message/custom/send":
		var m struct {
			ToUser string `json:"touser"`
			Text   struct {
				Content string `json:"content"`
			} `json:"text"`
		}
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&m); err != nil || m.Text.Content == "" {
			io.WriteString(w, `{"errcode":47001,"errmsg":"data format error"}`)
			return
		}
		p.mu.Lock()
		p.pushed[m.ToUser] = append(p.pushed[m.ToUser], shown{time.Now(), m.Text.Content})
		p.mu.Unlock()
		io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	case "/cgi-bin/qrcode/create":
		var m struct {
			Name string `json:"action_name"`
			Life int64  `json:"expire_seconds"`
			Info struct {
				Scene struct {
					Text string `json:"scene_str"`
				} `json:"scene"`
			} `json:"action_info"`
		}
		err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&m)
		if scene := m.Info.Scene.Text; err != nil || m.Name != "QR_STR_SCENE" || m.Life < 60 || m.Life > 2592000 || scene == "" || len(scene) > 64 {
			io.WriteString(w, `{"errcode":40097,"errmsg":"invalid args"}`)
			return
		}
		p.mu.Lock()
		address := fmt.Sprintf("http://weixin.qq.com/q/%d", len(p.codes))
		p.codes[address] = m.Info.Scene.Text
		p.mu.Unlock()
		fmt.Fprintf(w, `{"ticket":"TICKET","expire_seconds":%d,"url":%q}`, m.Life, address)
	case "/cgi-bin/media/get":
		p.mu.Lock()
		file, ok := p.files[r.URL.Query().Get("media_id")]
		p.mu.Unlock()
		if !ok {
			io.WriteString(w, `{"errcode":40007,"errmsg":"invalid media_id"}`)
			return
		}
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Content-Disposition", `attachment; filename="file"`)
		_, _ = w.Write(file)
	case "/cgi-bin/menu/create":
		p.mu.Lock()
		defer p.mu.Unlock()
		var err error
		if p.menu, err = io.ReadAll(io.LimitReader(r.Body, 1<<16)); err == nil {
			io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
		}
	case "/cgi-bin/menu/get":
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.menu == nil {
			io.WriteString(w, `{"errcode":46003,"errmsg":"menu no exist"}`)
			return
		}
		fmt.Fprintf(w, `{"menu":%s}`, p.menu)
	case "/slow/query":
		p.mu.Lock()
		asked := p.asked
		p.mu.Unlock()
		if asked == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		io.WriteString(w, asked())
	default:
		io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	}
}

// backend sets how the dialogs' backend answers.
func (p *platform) backend(asked func() string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = asked
}

// webhooks sets where deliveries go, in turn.
func (p *platform) webhooks(urls ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hooks = urls
}

func (p *platform) hook() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next++
	return p.hooks[p.next%len(p.hooks)]
}

func sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// once makes one delivery of m. answered: the platform got 200; text is the passive reply, "" for none.
func (p *platform) once(m post, hook string) (text string, answered bool) {
	ts, nonce := fmt.Sprint(m.at.Unix()), fmt.Sprint(m.id)
	what := fmt.Sprintf("<MsgType>text</MsgType><Content>%s</Content><MsgId>%d</MsgId>", m.text, m.id)
	if m.media != "" {
		what = fmt.Sprintf("<MsgType>image</MsgType><PicUrl>https://mmbiz.example/p</PicUrl><MediaId>%s</MediaId><MsgId>%d</MsgId>", m.media, m.id)
	}
	if m.code != "" {
		what = fmt.Sprintf("<MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_%s</EventKey><Ticket>TICKET</Ticket>", m.code)
	}
	body := fmt.Sprintf("<xml><ToUserName>gh_chaos</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime>%s</xml>",
		m.openid, m.at.Unix(), what)
	url := fmt.Sprintf("%s?signature=%s&timestamp=%s&nonce=%s&openid=%s", hook, sign(p.token, ts, nonce), ts, nonce, m.openid)
	resp, err := p.client.Post(url, "text/xml", strings.NewReader(body))
	if err != nil {
		return "", false
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", false
	}
	if len(b) == 0 || bytes.Equal(b, []byte("success")) {
		return "", true
	}
	var reply struct{ ToUserName, Content string }
	if xml.Unmarshal(b, &reply) != nil || reply.ToUserName != m.openid {
		return "a reply that is none: " + string(b), true
	}
	return reply.Content, true
}

// deliver delivers m until it is acknowledged, as the platform would if it had the patience for a machine that is killed every 100 ms.
func (p *platform) deliver(m post, until time.Time) (text string, answered bool) {
	for time.Now().Before(until) {
		if text, answered = p.once(m, p.hook()); answered {
			return text, true
		}
		p.mu.Lock()
		p.busy++
		p.mu.Unlock()
		time.Sleep(20 * time.Millisecond)
	}
	return "", false
}

// pushes are what was pushed to a person so far.
func (p *platform) pushes(openid string) []shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.pushed[openid])
}
