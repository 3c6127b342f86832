package wechat

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

// The account of the tests. Secrets are words that occur nowhere else.
const (
	testApp      = "wxb11529c136998cb6"
	testSecret   = "canaryappsecret0123456789abcdef0"
	testToken    = "canarytoken1"
	testOldToken = "canarytoken0"
	testKey      = "canarykeyABCDEFGHIJKLMNOPQRSTUVWXYZ01234567"
	testOldKey   = "canaryoldABCDEFGHIJKLMNOPQRSTUVWXYZ01234567"
	testAccess   = "canaryaccess"
	testOrigin   = "gh_0123456789ab"
	testWebhook  = "https://bot.example/wechat/shop"
)

// platform is WeChat's side of one account: it signs, encrypts and delivers again, and its API refuses what the true one refuses.
type platform struct {
	t   *testing.T
	key *weixin.Key // nil: plain mode

	mu         sync.Mutex // guards all below
	unverified bool
	people     map[string]string // openid → short name of those who wrote
	sent       []adapterstest.Shown
	calls      []string
	tokens     int
	revoked    map[string]bool
	fault      http.HandlerFunc // of the next call of custom/send
	noMenu     bool             // the account's type takes no msgmenu
	pushes     map[string]*sealedPush
}

type sealedPush struct {
	query string
	body  []byte
}

func newPlatform(t *testing.T, safe bool) *platform {
	t.Helper()
	p := &platform{t: t, people: map[string]string{}, revoked: map[string]bool{}, pushes: map[string]*sealedPush{}}
	if safe {
		p.key = mustKey(t, testKey, testApp)
	}
	return p
}

func mustKey(t testing.TB, key, app string) *weixin.Key {
	t.Helper()
	k, err := weixin.NewKey(key, app)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// field is one element of a push.
type field struct{ name, value string }

func pushXML(fields ...field) []byte {
	var b bytes.Buffer
	b.WriteString("<xml>")
	for _, f := range fields {
		b.WriteString("<" + f.name + "><![CDATA[" + strings.ReplaceAll(f.value, "]]>", "]]]]><![CDATA[>") + "]]></" + f.name + ">")
	}
	b.WriteString("</xml>")
	return b.Bytes()
}

// from begins a push of person.
func from(person, kind string, at time.Time, more ...field) []byte {
	return pushXML(append([]field{{"ToUserName", testOrigin}, {"FromUserName", "openid-" + person},
		{"CreateTime", strconv.FormatInt(at.Unix(), 10)}, {"MsgType", kind}}, more...)...)
}

// seal signs msg as of at, and encrypts it if the account does.
func (p *platform) seal(msg []byte, at time.Time) *sealedPush { return seal(p.t, p.key, msg, at) }

func seal(t *testing.T, key *weixin.Key, msg []byte, at time.Time) *sealedPush {
	var random [4]byte
	_, _ = rand.Read(random[:])
	ts, nonce := strconv.FormatInt(at.Unix(), 10), strconv.Itoa(int(random[0])<<16|int(random[1])<<8|int(random[2])+1)
	query := "signature=" + weixin.Sign(testToken, ts, nonce) + "&timestamp=" + ts + "&nonce=" + nonce + "&openid=o"
	if key == nil {
		return &sealedPush{query, msg}
	}
	sealed, err := key.Seal(rand.Reader, msg)
	if err != nil {
		t.Error(err)
	}
	query += "&encrypt_type=aes&msg_signature=" + weixin.Sign(testToken, ts, nonce, sealed)
	return &sealedPush{query, pushXML(field{"ToUserName", testOrigin}, field{"Encrypt", sealed})}
}

func (s *sealedPush) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, testWebhook+"?"+s.query, bytes.NewReader(s.body))
	r.Header.Set("Content-Type", "text/xml")
	return r
}

// with changes one parameter of the query.
func (s *sealedPush) with(name, value string) *sealedPush {
	q, err := url.ParseQuery(s.query)
	if err != nil {
		panic(err)
	}
	q.Set(name, value)
	if value == "" {
		q.Del(name)
	}
	return &sealedPush{q.Encode(), s.body}
}

// deliver is adapterstest.Harness.Deliver. The same delivery again is the same bytes again.
func (p *platform) deliver(t *testing.T, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
	h := fnv.New64a()
	_, _ = h.Write([]byte(d.ID))
	id := field{"MsgId", strconv.FormatUint(h.Sum64(), 10)}
	var msg []byte
	switch d.Kind {
	case "chose":
		msg = from(d.Peer, "text", d.At, field{"Content", d.Label}, id, field{"bizmsgmenuid", "102"})
	case "arrived":
		msg = from(d.Peer, "event", d.At, field{"Event", "CLICK"}, field{"EventKey", d.Scene["menu"]})
	case "left":
		msg = from(d.Peer, "event", d.At, field{"Event", "unsubscribe"}, field{"EventKey", ""})
	default:
		msg = from(d.Peer, "text", d.At, field{"Content", d.Text}, id)
	}
	p.mu.Lock()
	p.people["openid-"+d.Peer] = d.Peer
	push := p.pushes[d.Peer+d.ID]
	if push == nil {
		push = p.seal(msg, time.Now())
		p.pushes[d.Peer+d.ID] = push
	}
	p.mu.Unlock()
	w := httptest.NewRecorder()
	door.ServeHTTP(w, push.request())
	a := adapterstest.Answer{Status: w.Code, Body: w.Body.String()}
	if shown, ok := p.read(t, w.Body.Bytes()); w.Code == http.StatusOK && ok {
		a.Shown = []adapterstest.Shown{shown}
	}
	return a
}

// passiveReply is what the platform understands of a response.
type passiveReply struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string
	FromUserName string
	CreateTime   int64
	MsgType      string
	Content      string
	Encrypt      string
	MsgSignature string
	TimeStamp    int64
	Nonce        string
}

// read judges a response with the platform's strictness. ok is false when it shows nothing.
func (p *platform) read(t *testing.T, body []byte) (s adapterstest.Shown, ok bool) {
	t.Helper()
	if len(body) == 0 || string(body) == "success" {
		return s, false
	}
	var r passiveReply
	if err := xml.Unmarshal(body, &r); err != nil {
		t.Errorf("the person sees the fault text: %v in %s", err, body)
		return s, false
	}
	if p.key != nil {
		if want := weixin.Sign(testToken, strconv.FormatInt(r.TimeStamp, 10), r.Nonce, r.Encrypt); r.MsgSignature != want {
			t.Errorf("MsgSignature = %s, want %s", r.MsgSignature, want)
		}
		inner, err := p.key.Open(r.Encrypt)
		if err != nil {
			t.Errorf("the reply does not open: %v", err)
			return s, false
		}
		r = passiveReply{}
		if err := xml.Unmarshal(inner, &r); err != nil {
			t.Errorf("the person sees the fault text: %v in %s", err, inner)
			return s, false
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.people[r.ToUserName] == "" || r.FromUserName != testOrigin || r.CreateTime == 0 || r.MsgType != "text" {
		t.Errorf("malformed passive reply %+v", r)
	}
	if strings.TrimSpace(r.Content) == "" || len(r.Content) > 2048 {
		t.Errorf("the person sees the fault text: Content has %d bytes", len(r.Content))
	}
	return adapterstest.Shown{Peer: p.people[r.ToUserName], Text: r.Content}, true
}

// outgoing is the body of custom/send, read strictly.
type outgoing struct {
	ToUser  string `json:"touser"`
	Msgtype string `json:"msgtype"`
	Text    *struct {
		Content string `json:"content"`
	} `json:"text"`
	Image *struct {
		MediaID string `json:"media_id"`
	} `json:"image"`
	Menu *struct {
		Head string `json:"head_content"`
		List []struct {
			ID      string `json:"id"`
			Content string `json:"content"`
		} `json:"list"`
		Tail string `json:"tail_content"`
	} `json:"msgmenu"`
}

var (
	escaped = regexp.MustCompile(`[^\\](\\\\)*\\u[0-9a-fA-F]{4}`)
	number  = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)
)

// ServeHTTP is api.weixin.qq.com.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	p.calls = append(p.calls, r.URL.Path)
	if r.URL.Path == "/cgi-bin/stable_token" {
		defer p.mu.Unlock()
		if !bytes.Contains(body, []byte(testSecret)) || r.URL.RawQuery != "" {
			answer(w, 40125, "invalid appsecret")
			return
		}
		if p.tokens == 0 || p.revoked[p.access()] {
			p.tokens++
		}
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"expires_in":7200}`, p.access())
		return
	}
	if fault := p.fault; fault != nil && r.URL.Path == weixin.SendPath {
		p.fault = nil
		p.mu.Unlock()
		fault(w, r)
		return
	}
	defer p.mu.Unlock()
	if token := r.URL.Query().Get("access_token"); token != p.access() || p.revoked[token] {
		answer(w, 40001, "invalid credential, access_token is invalid or not latest")
		return
	}
	if p.unverified {
		answer(w, 48001, "api unauthorized")
		return
	}
	switch r.URL.Path {
	case weixin.SendPath:
		code, text := p.take(body)
		answer(w, code, text)
	case weixin.TypingPath, seatsPath:
		answer(w, 0, "ok")
	default:
		answer(w, 40066, "invalid url")
	}
}

func (p *platform) access() string { return testAccess + strconv.Itoa(p.tokens) }

func (p *platform) take(body []byte) (int, string) {
	var m outgoing
	switch {
	case !utf8.Valid(body) || escaped.Match(body):
		return 40033, "invalid charset"
	case json.Unmarshal(body, &m) != nil:
		return 47001, "data format error"
	case p.people[m.ToUser] == "":
		return 40003, "invalid openid"
	}
	s := adapterstest.Shown{Peer: p.people[m.ToUser]}
	switch {
	case m.Msgtype == "text" && m.Text != nil:
		if s.Text = m.Text.Content; strings.TrimSpace(s.Text) == "" {
			return 44004, "empty content"
		}
	case m.Msgtype == "image" && m.Image != nil:
		if m.Image.MediaID != "media-1" {
			return 40007, "invalid media_id"
		}
		s.Media = 1
	case m.Msgtype == "msgmenu" && m.Menu != nil:
		if p.noMenu {
			return 40200, "invalid account type"
		}
		s.Text = strings.Trim(m.Menu.Head+"\n"+m.Menu.Tail, "\n")
		for _, item := range m.Menu.List {
			if !number.MatchString(item.ID) || item.Content == "" {
				return 44004, "empty list"
			}
			s.Choices = append(s.Choices, item.Content)
		}
		if len(s.Choices) == 0 {
			return 44004, "empty list"
		}
	default:
		return 40008, "invalid message type"
	}
	if len(s.Text)+len(strings.Join(s.Choices, "\n")) > 2048 {
		return 45002, "content size out of limit"
	}
	p.sent = append(p.sent, s)
	return 0, "ok"
}

func answer(w io.Writer, code int, text string) {
	_, _ = fmt.Fprintf(w, `{"errcode":%d,"errmsg":"%s rid: 1-2-3"}`, code, text)
}

func (p *platform) shown() []adapterstest.Shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]adapterstest.Shown(nil), p.sent...)
}

func (p *platform) revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked[p.access()] = true
}

func (p *platform) called(path string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if c == path {
			n++
		}
	}
	return n
}

// section is a channel's configuration; safe accounts have a key.
func section(safe, verified bool, menus string) Section {
	s := Section{AppID: testApp, AppSecret: testSecret, Token: testToken, Verified: verified, Menus: menus, APIBase: "https://api.weixin.qq.com"}
	if safe {
		s.AESKey = testKey
	}
	return s
}

func decoder(s Section) func(any) error {
	return func(into any) error {
		out := into.(*Section)
		if s.Path == "" {
			s.Path = out.Path
		}
		*out = s
		return nil
	}
}

func mustNew(t testing.TB, s Section, d adapters.Deps) *Adapter {
	t.Helper()
	a, err := New("shop", decoder(s), d)
	if err != nil {
		t.Fatal(err)
	}
	return a.(*Adapter)
}
