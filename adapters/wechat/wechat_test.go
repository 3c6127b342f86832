package wechat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

func TestSuite(t *testing.T) {
	for _, c := range []struct {
		name           string
		safe, verified bool
		menus          string
	}{
		{"safe, menus pushed", true, true, push},
		{"plain, numbered", false, true, numbered},
		{"safe, unverified", true, false, links},
	} {
		t.Run(c.name, func(t *testing.T) {
			adapterstest.Run(t, func(t *testing.T, d adapters.Deps) adapterstest.Harness {
				p := newPlatform(t, c.safe)
				d.HTTP = adapterstest.Client(p)
				p.unverified = !c.verified
				return adapterstest.Harness{
					Adapter: mustNew(t, section(c.safe, c.verified, c.menus), d),
					Secrets: []string{testSecret, testToken, testKey, testAccess},
					Deliver: p.deliver, Forged: p.forged, Garbage: p.garbage, Sent: p.shown,
					Faults: faults(p, c.verified),
				}
			})
		})
	}
}

func faults(p *platform, verified bool) (all []adapterstest.Fault) {
	set := func(h http.HandlerFunc) func(*testing.T) {
		return func(*testing.T) { p.mu.Lock(); defer p.mu.Unlock(); p.fault = h }
	}
	if !verified {
		return []adapterstest.Fault{{Name: "unverified", Set: set(nil), Want: chat.Failure{Kind: chat.NoPush}}}
	}
	for _, c := range []struct {
		code int
		want chat.Failure
	}{
		{-1, chat.Failure{Kind: chat.Temporary}},
		{40003, chat.Failure{Kind: chat.Blocked}},
		{40007, chat.Failure{Kind: chat.BadMedia}},
		{40164, chat.Failure{Kind: chat.Auth}},
		{43004, chat.Failure{Kind: chat.Blocked}},
		{45002, chat.Failure{Kind: chat.TooLong}},
		{45009, chat.Failure{Kind: chat.Rate}},
		{45011, chat.Failure{Kind: chat.Rate, Retry: time.Minute}},
		{45015, chat.Failure{Kind: chat.Window}},
		{45047, chat.Failure{Kind: chat.Exhausted}},
		{47001, chat.Failure{Kind: chat.Refused}},
		{48001, chat.Failure{Kind: chat.NoPush}},
	} {
		all = append(all, adapterstest.Fault{
			Name: fmt.Sprint(c.code), Want: c.want,
			Set: set(func(w http.ResponseWriter, r *http.Request) { answer(w, c.code, "refused "+r.URL.RawQuery) }),
		})
	}
	return append(all,
		adapterstest.Fault{Name: "502 page", Want: chat.Failure{Kind: chat.Temporary, Unknown: true},
			Set: set(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) })},
		adapterstest.Fault{Name: "page with 200", Want: chat.Failure{Kind: chat.Temporary, Unknown: true},
			Set: set(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })},
	)
}

// forged is adapterstest.Harness.Forged.
func (p *platform) forged(*testing.T) map[string]*http.Request {
	msg := from("mallory", "text", time.Now(), field{"Content", "转账"}, field{"MsgId", "1"})
	good := p.seal(msg, time.Now())
	all := map[string]*http.Request{
		"no query":        (&sealedPush{"", good.body}).request(),
		"no signature":    good.with("signature", "").request(),
		"wrong signature": good.with("signature", strings.Repeat("0", 40)).request(),
		"an hour old":     p.seal(msg, time.Now().Add(-time.Hour)).request(),
	}
	if p.key != nil {
		all["plain text"] = seal(p.t, nil, msg, time.Now()).request()
		all["wrong msg_signature"] = good.with("msg_signature", strings.Repeat("0", 40)).request()
		all["no msg_signature"] = good.with("msg_signature", "").request()
		all["for another app"] = seal(p.t, mustKey(p.t, testKey, "wx0000000000000000"), msg, time.Now()).request()
	}
	return all
}

// garbage is adapterstest.Harness.Garbage.
func (p *platform) garbage(*testing.T) map[string]*http.Request {
	all := map[string]*http.Request{}
	for name, msg := range map[string]string{
		"empty": "", "JSON": "{}", "cut": "<xml><ToUserName>a", "no sender": "<xml><ToUserName>a</ToUserName><MsgType>text</MsgType></xml>",
		"not UTF-8": "<xml><Content>\xff</Content></xml>", "DTD": `<!DOCTYPE x><xml></xml>`,
	} {
		all[name] = p.seal([]byte(msg), time.Now()).request()
	}
	return all
}

// hall is one adapter with its platform and an inbox that keeps what it gets.
type hall struct {
	*Adapter
	platform *platform
	record   *adapterstest.Record
	door     http.Handler

	mu     sync.Mutex // guards all below
	got    []chat.Message
	answer func(context.Context, chat.Message) ([]chat.Reply, error)
}

func newHall(t *testing.T, s Section) *hall {
	t.Helper()
	d, record := adapterstest.NewDeps()
	h := &hall{platform: newPlatform(t, s.AESKey != ""), record: record}
	d.HTTP = adapterstest.Client(h.platform)
	h.Adapter = mustNew(t, s, d)
	h.door = h.Handler(func(ctx context.Context, m chat.Message) ([]chat.Reply, error) {
		h.mu.Lock()
		h.got = append(h.got, m)
		answer := h.answer
		h.mu.Unlock()
		if answer == nil {
			return []chat.Reply{{Key: "k", Text: "答：" + m.Text}}, nil
		}
		return answer(ctx, m)
	})
	return h
}

func (h *hall) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return w
}

// push delivers msg, wants it acknowledged and returns what the inbox got, nil if nothing.
func (h *hall) push(t *testing.T, msg []byte) *chat.Message {
	t.Helper()
	before := len(h.got)
	if w := h.serve(h.platform.seal(msg, time.Now()).request()); w.Code != http.StatusOK {
		t.Fatalf("%s was answered with %d", msg, w.Code)
	}
	if len(h.got) == before {
		return nil
	}
	return &h.got[len(h.got)-1]
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Section)
		want   string
	}{
		{"A2 empty token", func(s *Section) { s.Token = "" }, "token is missing: without it anybody could forge messages; set the Token of the console's server configuration"},
		{"short token", func(s *Section) { s.Token = "ab" }, "token must be 3 to 32 letters and digits, as the console requires"},
		{"token with a space", func(s *Section) { s.Token = "abc def" }, "token must be 3 to 32 letters and digits, as the console requires"},
		{"previous token", func(s *Section) { s.TokenPrevious = "a" }, "token_previous must be 3 to 32 letters and digits, or left out"},
		{"no app id", func(s *Section) { s.AppID = "" }, "app_id is missing: copy the developer ID (开发者ID) from the console"},
		{"short key", func(s *Section) { s.AESKey = testKey[1:] }, "aes_key has 42 characters, an EncodingAESKey has exactly 43: copy it from the console"},
		{"previous key", func(s *Section) { s.AESKeyPrevious = "x" }, "aes_key_previous has 1 characters, an EncodingAESKey has exactly 43: copy it from the console"},
		{"previous key alone", func(s *Section) { s.AESKey, s.AESKeyPrevious = "", testKey }, "aes_key_previous is set without aes_key: set aes_key, or remove both to accept plain pushes"},
		{"no secret", func(s *Section) { s.AppSecret = "" }, "app_secret is missing: a verified account needs it to push messages; set it, or verified: false"},
		{"menus", func(s *Section) { s.Menus = "pushed" }, `menus "pushed" is not known: use numbered, links or push`},
		{"path", func(s *Section) { s.Path = "wechat" }, `path "wechat" must begin with / and be a plain path, as in the console's URL`},
		{"api_base", func(s *Section) { s.APIBase = "api.weixin.qq.com" }, "api_base must be an address such as https://api.weixin.qq.com"},
	} {
		s := section(true, true, push)
		c.change(&s)
		d, _ := adapterstest.NewDeps()
		_, err := New("shop", decoder(s), d)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: New(…) = %v, want %s", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error %q holds a secret", c.name, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	a, err := New("shop", func(into any) error {
		s := into.(*Section)
		s.AppID, s.Token = testApp, testToken
		return nil
	}, d)
	if err != nil {
		t.Fatal(err)
	}
	if w := a.(*Adapter); w.Path() != "/wechat/shop" || w.cfg.Menus != numbered || w.cfg.APIBase != "https://api.weixin.qq.com" {
		t.Errorf("the defaults are %+v", w.cfg)
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		verified       bool
		menus          string
		push, choices  chat.Level
		links          chat.Level
		prefer         bool
		choicesAllowed int
	}{
		{"verified, push", true, push, chat.Full, chat.Full, chat.None, true, 10},
		{"verified, numbered", true, numbered, chat.Full, chat.None, chat.None, false, 0},
		{"verified, links", true, links, chat.Full, chat.None, chat.Part, false, 0},
		{"unverified, push", false, push, chat.None, chat.None, chat.None, false, 0},
	} {
		got := newHall(t, section(true, c.verified, c.menus)).Caps(chat.Address{})
		if got.Push != c.push || got.Choices != c.choices || got.Links != c.links || got.PreferPush != c.prefer || got.MaxChoices != c.choicesAllowed ||
			got.Passive != 1 || got.PassiveChoices != chat.None || got.MaxText != 2048 || got.TextUnit != chat.Bytes || !got.Resend {
			t.Errorf("%s: Caps = %+v", c.name, got)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	five := &chat.ReplyRight{Pool: "message", Left: 5}
	three := func(pool string) *chat.ReplyRight { return &chat.ReplyRight{Pool: pool, Left: 3} }
	text := func(content string, more ...field) []byte {
		return from("ann", "text", at, append([]field{{"Content", content}, {"MsgId", "9223372036854775807"}}, more...)...)
	}
	media := func(kind string, more ...field) []byte {
		return from("ann", kind, at, append(more, field{"MsgId", "7"})...)
	}
	event := func(name string, more ...field) []byte {
		return from("ann", "event", at, append([]field{{"Event", name}}, more...)...)
	}
	nested := func(name, key, inner string) []byte {
		return bytes.Replace(event(name, field{"EventKey", key}), []byte("</xml>"), []byte(inner+"</xml>"), 1)
	}
	for _, c := range []struct {
		name string
		push []byte
		want *chat.Message // nil: acknowledged and counted
	}{
		{"text", text("你好 <b>&😀]]>"), &chat.Message{Kind: chat.Said, Text: "你好 <b>&😀]]>", Right: five}},
		{"tap", text("退货", field{"bizmsgmenuid", "102"}), &chat.Message{Kind: chat.Said, Text: "退货", Choice: "102", Right: three("tap")}},
		{"tap, id lost", text("退货", field{"bizmsgmenuid", "0"}), &chat.Message{Kind: chat.Said, Text: "退货", Right: three("tap")}},
		{"tap, id not numeric", text("退货", field{"bizmsgmenuid", "faq-2"}), &chat.Message{Kind: chat.Said, Text: "退货", Choice: "faq-2", Right: three("tap")}},
		{"unsupported", text(unsupported), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "other"}}, Right: five}},
		{"from an article", text("x", field{"MsgDataId", "1"}, field{"Idx", "2"}), &chat.Message{Kind: chat.Said, Text: "x", Right: five}},
		{"image", media("image", field{"PicUrl", "http://p"}, field{"MediaId", "m"}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "image", Ref: "m", URL: "http://p"}}, Right: five}},
		{"voice", media("voice", field{"MediaId", "m"}, field{"Format", "amr"}, field{"MediaId16K", "n"}, field{"Recognition", "我要退款"}), &chat.Message{Kind: chat.Said, Text: "我要退款", Media: []chat.Media{{Kind: "voice", Ref: "m", MIME: "audio/amr"}}, Right: five}},
		{"G7 voice without recognition", media("voice", field{"MediaId", "m"}, field{"Format", "speex"}, field{"Recognition", ""}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "voice", Ref: "m", MIME: "audio/speex"}}, Right: five}},
		{"video", media("video", field{"MediaId", "m"}, field{"ThumbMediaId", "t"}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "video", Ref: "m"}}, Right: five}},
		{"shortvideo", media("shortvideo", field{"MediaId", "m"}, field{"ThumbMediaId", "t"}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "video", Ref: "m"}}, Right: five}},
		{"location", media("location", field{"Location_X", "23.1"}, field{"Location_Y", "113.3"}, field{"Scale", "20"}, field{"Label", "广州"}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "location", Ref: "23.1,113.3", Name: "广州"}}, Right: five}},
		{"link", media("link", field{"Title", "t"}, field{"Description", "d"}, field{"Url", "https://u"}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "link", Name: "t", URL: "https://u"}}, Right: five}},
		{"unknown kind", media("hologram"), nil},
		{"subscribe", event("subscribe", field{"EventKey", ""}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "subscribe"}, Right: three("subscribe")}},
		{"subscribe by code", event("subscribe", field{"EventKey", "qrscene_spring"}, field{"Ticket", "T"}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "subscribe", "qr": "spring"}, Right: three("subscribe")}},
		{"SCAN", event("SCAN", field{"EventKey", "counter-7"}, field{"Ticket", "T"}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"qr": "counter-7"}, Right: three("scan")}},
		{"CLICK", event("CLICK", field{"EventKey", "HELP"}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"menu": "HELP"}, Right: three("menu")}},
		{"scancode_waitmsg", nested("scancode_waitmsg", "6", "<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo>"), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"menu": "6", "scan": "1"}, Right: three("menu")}},
		{"pic_weixin", nested("pic_weixin", "P", "<SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>1</PicMd5Sum></item><item><PicMd5Sum>2</PicMd5Sum></item></PicList></SendPicsInfo>"), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"menu": "P"}}},
		{"location_select", nested("location_select", "L", "<SendLocationInfo><Location_X>23</Location_X><Location_Y>113</Location_Y><Scale>15</Scale><Label>l</Label><Poiname></Poiname></SendLocationInfo>"), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"menu": "L"}}},
		{"unsubscribe", event("unsubscribe", field{"EventKey", ""}), &chat.Message{Kind: chat.Left}},
		{"VIEW", event("VIEW", field{"EventKey", "https://x"}, field{"MenuId", "1"}), nil},
		{"view_miniprogram", event("view_miniprogram", field{"EventKey", "p"}, field{"MenuId", "1"}), nil},
		{"LOCATION", event("LOCATION", field{"Latitude", "1"}, field{"Longitude", "2"}, field{"Precision", "3"}), nil},
		{"TEMPLATESENDJOBFINISH", event("TEMPLATESENDJOBFINISH", field{"MsgID", "200163836"}, field{"Status", "failed:user block"}), nil},
		{"kf_create_session", event("kf_create_session", field{"KfAccount", "a@b"}), nil},
		{"unknown event", event("some_new_event"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, section(true, true, numbered))
			before := time.Now()
			h.platform.people["openid-ann"] = "ann"
			got := h.push(t, c.push)
			if got == nil || c.want == nil {
				if (got == nil) != (c.want == nil) {
					t.Fatalf("the inbox got %+v, want %+v", got, c.want)
				}
				return
			}
			if d := got.ReplyBy.Sub(before); d < 4400*time.Millisecond || d > 4600*time.Millisecond {
				t.Errorf("ReplyBy is %s from now, want 4.5s", d)
			}
			if got.Right != nil {
				valid := got.Right.Expires.Sub(before).Round(time.Minute)
				if want := map[string]time.Duration{"message": 48 * time.Hour}[got.Right.Pool]; valid != max(want, time.Minute) {
					t.Errorf("the right %q is valid for %s", got.Right.Pool, valid)
				}
				got.Right.Expires = time.Time{}
			}
			want := *c.want
			want.ID, want.From, want.At, want.ReplyBy = got.ID, chat.Address{Channel: "shop", Peer: "openid-ann"}, at, got.ReplyBy
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("the inbox got %+v, want %+v", *got, want)
			}
			if len(got.ID) == 0 || len(got.ID) > 200 {
				t.Errorf("ID = %q", got.ID)
			}
		})
	}
}

func TestUnverifiedBringsNoRight(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, false, numbered))
	h.platform.people["openid-ann"] = "ann"
	if m := h.push(t, from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"})); m.Right != nil {
		t.Errorf("Right = %+v, want nil", m.Right)
	}
}

func TestDeliveryIDs(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	id := func(b []byte) string {
		x, err := readPush(b)
		if err != nil {
			t.Fatal(err)
		}
		return deliveryID(x)
	}
	text := func(msg string, at time.Time) string {
		return id(from("ann", "text", at, field{"Content", "x"}, field{"MsgId", msg}))
	}
	event := func(who, name, key string, at time.Time) string {
		return id(from(who, "event", at, field{"Event", name}, field{"EventKey", key}))
	}
	for _, c := range []struct {
		name string
		a, b string
		same bool
	}{
		{"F1 the same message", text("1", at), text("1", at), true},
		{"F2 the same id, other content", text("1", at), id(from("ann", "text", at, field{"Content", "y"}, field{"MsgId", "1"})), true},
		{"adjacent 64-bit ids", text("9223372036854775806", at), text("9223372036854775807", at), false},
		{"an id used again later", text("1", at), text("1", at.Add(time.Second)), false},
		{"F3 the same event", event("ann", "CLICK", "A", at), event("ann", "CLICK", "A", at), true},
		{"another key in one second", event("ann", "CLICK", "A", at), event("ann", "CLICK", "B", at), false},
		{"SCAN and subscribe in one second", event("ann", "SCAN", "A", at), event("ann", "subscribe", "A", at), false},
		{"parts do not run together", event("ann", "CLICK", "AB", at), event("ann", "CLICKA", "B", at), false},
	} {
		if (c.a == c.b) != c.same {
			t.Errorf("%s: ids %q and %q, want same = %t", c.name, c.a, c.b, c.same)
		}
	}
}

func TestPassiveReply(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		replies []chat.Reply
		err     error
		status  int
		text    string // "" for an acknowledgement
		shown   bool
	}{
		{"text", []chat.Reply{{Text: "答 <a href=\"https://x\">x</a> ]]> &"}}, nil, 200, "答 <a href=\"https://x\">x</a> ]]> &", true},
		{"characters that XML forbids", []chat.Reply{{Text: "a\x00\x08\uFFFEb"}}, nil, 200, "ab", true},
		{"two replies are one message", []chat.Reply{{Text: "一"}, {Text: "二"}}, nil, 200, "一\n二", true},
		{"nothing", nil, nil, 200, "", false},
		{"blank", []chat.Reply{{Text: " \n"}, {Text: "\x00"}}, nil, 200, "", false},
		{"later", nil, fmt.Errorf("turn: %w", chat.ErrLater), 200, "", false},
		{"busy", nil, chat.ErrBusy, 503, "", false},
		{"an error", nil, errors.New("store: access_token=canary"), 503, "", false},
	} {
		h := newHall(t, section(true, true, numbered))
		h.platform.people["openid-ann"] = "ann"
		h.answer = func(context.Context, chat.Message) ([]chat.Reply, error) { return c.replies, c.err }
		w := h.serve(h.platform.seal(from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"}), time.Now()).request())
		got, _ := h.platform.read(t, w.Body.Bytes())
		if w.Code != c.status || got.Text != c.text {
			t.Errorf("%s: answered with %d and %q, want %d and %q", c.name, w.Code, got.Text, c.status, c.text)
		}
		if w.Code != 200 && w.Body.Len() > 0 {
			t.Errorf("%s: the body is %q, want it empty", c.name, w.Body)
		}
		if shown := len(h.record.Shown()) == 1; shown != c.shown {
			t.Errorf("%s: Shown called = %t, want %t", c.name, shown, c.shown)
		}
		if strings.Contains(h.record.Log(), "canary") {
			t.Errorf("%s: the log holds a secret: %s", c.name, h.record.Log())
		}
	}
}

func TestPanicInTheInbox(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, numbered))
	h.answer = func(context.Context, chat.Message) ([]chat.Reply, error) { panic("canary text of a person") }
	w := h.serve(h.platform.seal(from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"}), time.Now()).request())
	if w.Code != 503 || w.Body.Len() > 0 {
		t.Errorf("answered with %d %q, want 503 and nothing", w.Code, w.Body)
	}
	if strings.Contains(h.record.Log(), "canary") || !strings.Contains(h.record.Log(), "a turn panicked") {
		t.Errorf("the log is %s", h.record.Log())
	}
}

// The platform hangs up at 5 s; the turn goes on, with a deadline of its own, and a reply that nobody read is not called shown.
func TestTurnOutlivesTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, section(true, true, numbered))
		request, hangUp := context.WithCancel(t.Context())
		var left time.Duration
		h.answer = func(ctx context.Context, _ chat.Message) ([]chat.Reply, error) {
			hangUp()
			time.Sleep(time.Second)
			if err := ctx.Err(); err != nil {
				t.Errorf("the turn's context ended with the request: %v", err)
			}
			by, ok := ctx.Deadline()
			if left = time.Until(by); !ok || left > 4*time.Second {
				t.Errorf("the turn's deadline is %s away, want one of its own", left)
			}
			return []chat.Reply{{Text: "答"}}, nil
		}
		h.serve(h.platform.seal(from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"}), time.Now()).request().WithContext(request))
		if n := len(h.record.Shown()); n != 0 {
			t.Errorf("Shown was called %d times for a reply that nobody read", n)
		}
	})
}

func TestRunWaitsForDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, section(false, true, numbered))
		h.answer = func(context.Context, chat.Message) ([]chat.Reply, error) {
			time.Sleep(2 * time.Second)
			return nil, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- h.Run(ctx, nil) }()
		go h.serve(h.platform.seal(from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"}), time.Now()).request())
		synctest.Wait()
		cancel()
		synctest.Wait()
		select {
		case <-over:
			t.Error("Run returned while a delivery was being answered")
		default:
		}
		if err := <-over; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	})
}

func TestRotation(t *testing.T) {
	t.Parallel()
	s := section(true, true, numbered)
	s.AESKeyPrevious, s.TokenPrevious = testOldKey, testOldToken
	h := newHall(t, s)
	msg := from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"})
	old := mustKey(t, testOldKey, testApp)
	for _, c := range []struct {
		name  string
		token string
		key   *weixin.Key
	}{{"old key", testToken, old}, {"old token", testOldToken, h.platform.key}, {"both old", testOldToken, old}, {"both new", testToken, h.platform.key}} {
		sealed, err := c.key.Seal(strings.NewReader("0123456789abcdef"), msg)
		if err != nil {
			t.Fatal(err)
		}
		ts := fmt.Sprint(time.Now().Unix())
		query := "timestamp=" + ts + "&nonce=" + ts + "&signature=" + weixin.Sign(c.token, ts, ts) + "&encrypt_type=aes&msg_signature=" +
			weixin.Sign(c.token, ts, ts, sealed) + "&openid=" + strings.ReplaceAll(c.name, " ", "")
		w := h.serve((&sealedPush{query, pushXML(field{"Encrypt", sealed})}).request())
		x, err := weixin.ParseXML(w.Body.Bytes())
		if err != nil {
			t.Fatalf("%s: answered with %d %s", c.name, w.Code, w.Body)
		}
		if _, err := c.key.Open(x.Leaf("Encrypt")); err != nil {
			t.Errorf("%s: the reply does not open with the key of the push", c.name)
		}
		if want := weixin.Sign(c.token, x.Leaf("TimeStamp"), x.Leaf("Nonce"), x.Leaf("Encrypt")); x.Leaf("MsgSignature") != want {
			t.Errorf("%s: the reply is not signed with the token of the push", c.name)
		}
	}
}

// Vector A's verification, on its own clock.
func TestVerification(t *testing.T) {
	t.Parallel()
	s := section(false, false, numbered)
	s.Token = "AAAAA"
	h := newHall(t, s)
	h.gate.Clock = func() time.Time { return time.Unix(1714036504, 0) }
	const query = "signature=f464b24fc39322e44b38aa78f5edd27bd1441696&timestamp=1714036504&nonce=1514711492&echostr="
	for _, c := range []struct {
		name, query string
		status      int
	}{
		{"genuine", query + "4375120948345356249", 200},
		{"forged", strings.Replace(query, "f464", "f465", 1) + "4375120948345356249", 403},
		{"unsigned", "echostr=4375120948345356249", 403},
		{"markup is text", query + "%3Cscript%3E", 200},
		{"long", query + strings.Repeat("1", 65), 400},
		{"not printable", query + "a%00b", 400},
		{"none", strings.TrimSuffix(query, "&echostr="), 400},
		{"two", query + "1&echostr=2", 403},
	} {
		w := h.serve(httptest.NewRequest(http.MethodGet, testWebhook+"?"+c.query, nil))
		if w.Code != c.status {
			t.Errorf("%s: answered with %d, want %d", c.name, w.Code, c.status)
		}
		if c.name == "genuine" && w.Body.String() != "4375120948345356249" {
			t.Errorf("%s: the echo is %q", c.name, w.Body)
		}
		if w.Code == 200 && (!strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") || w.Header().Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%s: the header is %v, want plain text", c.name, w.Header())
		}
	}
}
