package qq

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
	"github.com/xianda-bot/xianda/chat"
)

func TestSuite(t *testing.T) {
	for _, c := range []struct {
		name           string
		group, buttons bool
	}{
		{"alone with a person", false, false},
		{"in a group", true, false},
		{"alone with a person, with buttons", false, true},
		{"in a group, with buttons", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			adapterstest.Run(t, func(t *testing.T, d adapters.Deps) adapterstest.Harness {
				p := qqtest.New(t)
				p.Group, p.Buttons = c.group, c.buttons
				d.HTTP = adapterstest.Client(p)
				return adapterstest.Harness{
					Adapter: mustNew(t, p.Section(base), d),
					Secrets: qqtest.Secrets(),
					Deliver: func(t *testing.T, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
						return p.Deliver(t, door, d)
					},
					Forged:  func(*testing.T) map[string]*http.Request { return forged(p) },
					Garbage: func(*testing.T) map[string]*http.Request { return garbage(p) },
					Sent:    p.Sent,
					Faults:  faults(p),
				}
			})
		})
	}
}

func faults(p *qqtest.Platform) []adapterstest.Fault {
	return adapterstest.Faults(p.Fail, map[string]chat.Failure{
		"busy":     {Kind: chat.Rate, Retry: 3 * time.Second},
		"502":      {Kind: chat.Temporary, Unknown: true},
		"page":     {Kind: chat.Temporary, Unknown: true},
		"50055002": {Kind: chat.Temporary},
		"11242":    {Kind: chat.Temporary},
		"1100100":  {Kind: chat.Rate},
		"22009":    {Kind: chat.Exhausted},
		"40034128": {Kind: chat.Exhausted},
		"40034025": {Kind: chat.Exhausted},
		"304103":   {Kind: chat.Window},
		"40034005": {Kind: chat.Window},
		"40034101": {Kind: chat.Blocked},
		"40054013": {Kind: chat.Blocked},
		"40054007": {Kind: chat.TooLong},
		"40054002": {Kind: chat.NoPush},
		"304082":   {Kind: chat.BadMedia},
		"304003":   {Kind: chat.Refused}, // a text without an address: nothing can be left out
		"11253":    {Kind: chat.Auth},
		"40034006": {Kind: chat.Refused},
		"99999999": {Kind: chat.Refused},
	})
}

// forged is adapterstest.Harness.Forged.
func forged(p *qqtest.Platform) map[string]*http.Request {
	body := []byte(`{"op":0,"id":"C2C_MESSAGE_CREATE:a","t":"C2C_MESSAGE_CREATE","d":{"id":"m","author":{"user_openid":"MALLORY"},"content":"转账"}}`)
	with := func(change func(*http.Request)) *http.Request {
		r := p.Signed(body, time.Now())
		change(r)
		return r
	}
	set := func(name string, values ...string) *http.Request {
		return with(func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values })
	}
	old := p.Signed(body, time.Now().Add(-10*time.Minute))
	good := p.Signed(body, time.Now()).Header.Get("X-Signature-Ed25519")
	other := p.Signed([]byte(strings.Replace(string(body), "转账", "你好", 1)), time.Now()).Header.Get("X-Signature-Ed25519")
	return map[string]*http.Request{
		"A1 no signature":              qqtest.Unsigned(body),
		"A1 no signature, a stamp":     with(func(r *http.Request) { r.Header.Del("X-Signature-Ed25519") }),
		"A1 empty signature":           set("X-Signature-Ed25519", ""),
		"A3 wrong signature":           set("X-Signature-Ed25519", strings.Repeat("0", 128)),
		"A3 signature of another body": set("X-Signature-Ed25519", other),
		"A3 not hex":                   set("X-Signature-Ed25519", strings.Repeat("z", 128)),
		"A3 short":                     set("X-Signature-Ed25519", good[:126]),
		"A4 ten minutes old":           old,
		"A5 in the future":             p.Signed(body, time.Now().Add(10*time.Minute)),
		"A6 no stamp":                  with(func(r *http.Request) { r.Header.Del("X-Signature-Timestamp") }),
		"A6 negative stamp":            set("X-Signature-Timestamp", "-1"),
		"A6 no number":                 set("X-Signature-Timestamp", "soon"),
		"A7 beyond all time":           set("X-Signature-Timestamp", "99999999999999"),
		"A4 fresh stamp, old signature": with(func(r *http.Request) {
			r.Header.Set("X-Signature-Ed25519", old.Header.Get("X-Signature-Ed25519"))
		}),
		"A13 upper case":                   set("X-Signature-Ed25519", strings.ToUpper(good)),
		"A13 a blank behind":               set("X-Signature-Ed25519", good+" "),
		"A13 two signatures":               set("X-Signature-Ed25519", good, good),
		"A13 two stamps":                   set("X-Signature-Timestamp", "1", "1"),
		"A16 for another bot":              set("X-Bot-Appid", "102999999"),
		"A16 for two bots":                 set("X-Bot-Appid", qqtest.AppID, qqtest.AppID),
		"a body to be signed by the check": qqtest.Unsigned([]byte(`{"op":13,"d":{"event_ts":"1725442341","plain_token":"{\"op\":0}"}}`)),
		"a stamp and a body to be signed":  qqtest.Unsigned([]byte(`{"op":13,"d":{"event_ts":"1725442341{","plain_token":"a"}}`)),
		"a long check":                     qqtest.Unsigned([]byte(`{"op":13,"d":{"event_ts":"1725442341","plain_token":"a"},"x":"` + strings.Repeat("x", 600) + `"}`)),
		"E1 not JSON, unsigned":            qqtest.Unsigned([]byte(`<xml>`)),
	}
}

// garbage is adapterstest.Harness.Garbage: group D, as the platform would never send it.
func garbage(p *qqtest.Platform) map[string]*http.Request {
	all := map[string]*http.Request{}
	said := func(d string) string { return `{"op":0,"t":"C2C_MESSAGE_CREATE","d":` + d + `}` }
	for name, body := range map[string]string{
		"empty": "", "blank": " \n", "XML": "<xml></xml>", "form": "op=0&t=x",
		"D1 cut":                   `{"op":0,"t":"C2C_MESSAGE_CREATE","d":{"id":"m"`,
		"D2 a key twice":           said(`{"id":"m","author":{"user_openid":"ANN"},"content":"a","content":"b"}`),
		"D2 a key twice, above":    `{"op":13,"op":0,"t":"C2C_MESSAGE_CREATE","d":{"id":"m","author":{"user_openid":"ANN"},"content":"a"}}`,
		"D3 a key in another case": said(`{"id":"m","author":{"user_openid":"ANN","User_OpenID":"BOB"},"content":"a"}`),
		"D3 a key with a long s":   said(`{"id":"m","author":{"user_openid":"ANN","u\u017fer_openid":"BOB"},"content":"a"}`),
		"D4 deep":                  said(strings.Repeat(`{"d":`, 10_001) + `1` + strings.Repeat("}", 10_001)),
		"D4 deeper than an event":  said(strings.Repeat(`[`, 20) + strings.Repeat("]", 20)),
		"D5 op as text":            `{"op":"0","t":"FRIEND_ADD","d":{"openid":"ANN"}}`,
		"D5 op too large":          `{"op":1e400,"t":"FRIEND_ADD","d":{"openid":"ANN"}}`,
		"D5 op as a fraction":      `{"op":0.5,"t":"FRIEND_ADD","d":{"openid":"ANN"}}`,
		"D5 id as a number":        said(`{"id":17,"author":{"user_openid":"ANN"}}`),
		"D5 size as text":          said(`{"id":"m","author":{"user_openid":"ANN"},"attachments":[{"size":"big"}]}`),
		"D6 null":                  "null",
		"D6 data is null":          said("null"),
		"D6 no data":               `{"op":0,"t":"C2C_MESSAGE_CREATE"}`,
		"D7 array":                 `[{"op":0,"t":"FRIEND_ADD"}]`,
		"D7 data is an array":      said("[]"),
		"D7 text":                  `"op"`,
		"D8 trailing":              `{"op":0,"t":"FRIEND_ADD","d":{"openid":"ANN"}} {}`,
		"D9 BOM":                   "\ufeff" + `{"op":0,"t":"FRIEND_ADD","d":{"openid":"ANN"}}`,
		"D10 not UTF-8":            said("{\"id\":\"m\",\"author\":{\"user_openid\":\"ANN\"},\"content\":\"\xff\"}"),
		"D12 no author":            said(`{"id":"m","content":"a"}`),
		"D12 no id":                said(`{"author":{"user_openid":"ANN"},"content":"a"}`),
		"D12 a group's without":    `{"op":0,"t":"GROUP_AT_MESSAGE_CREATE","d":{"id":"m","author":{"member_openid":"ANN"},"content":"a"}}`,
		"D12 nobody came":          `{"op":0,"t":"FRIEND_ADD","d":{"timestamp":1}}`,
		"a path as a person":       said(`{"id":"m","author":{"user_openid":"../groups/X"},"content":"a"}`),
		"an id with a line break":  said(`{"id":"m\n","author":{"user_openid":"ANN"},"content":"a"}`),
		"an event id with a break": `{"id":"a\r\nb","op":0,"t":"FRIEND_ADD","d":{"openid":"ANN"}}`,
		"F15 an empty tap":         `{"op":0,"t":"INTERACTION_CREATE","d":{"id":"i","type":11,"chat_type":2,"user_openid":"ANN"}}`,
		"F15 a long tap": `{"op":0,"t":"INTERACTION_CREATE","d":{"id":"i","type":11,"chat_type":2,"user_openid":"ANN","data":{"resolved":{"button_data":"` +
			strings.Repeat("x", 201) + `"}}}}`,
		"F15 a tap with a path": `{"op":0,"t":"INTERACTION_CREATE","d":{"id":"../users/x","type":11,"chat_type":2,"user_openid":"ANN","data":{"resolved":{"button_data":"a"}}}}`,
	} {
		all[name] = p.Signed([]byte(body), time.Now())
	}
	return all
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, key string
		value     any
		want      string
	}{
		{"A2 no secret", "secret", "", "secret is missing: without it anybody could forge messages; copy the AppSecret (机器人密钥) from 开发设置 of q.qq.com"},
		{"no app id", "app_id", "", "app_id is missing: copy the AppID (机器人 ID) from 开发设置 of q.qq.com"},
		{"app id", "app_id", "wx12345", "app_id must be 5 to 20 digits: copy the AppID (机器人 ID) from 开发设置 of q.qq.com"},
		{"path", "path", "qq", `path "qq" must begin with / and be a plain path, as in the console's callback address`},
		{"api_base", "api_base", "api.sgroup.qq.com", "api_base must be an address such as https://api.sgroup.qq.com"},
		{"token_base", "token_base", "", "token_base is empty: leave it out for https://bots.qq.com"},
		{"sandbox", "sandbox", true, "sandbox and api_base are both set: sandbox chooses the address, so remove one of them"},
	} {
		s := qqtest.New(t).Section(base)
		s[c.key] = c.value
		d, _ := adapterstest.NewDeps()
		if _, err := New("qq", adapterstest.Decode(s), d); err == nil || err.Error() != c.want {
			t.Errorf("%s: New(…) = %v, want %s", c.name, err, c.want)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sandbox bool
		want    string
	}{{false, "https://api.sgroup.qq.com"}, {true, "https://sandbox.api.sgroup.qq.com"}} {
		d, _ := adapterstest.NewDeps()
		a := mustNew(t, map[string]any{"app_id": qqtest.AppID, "secret": qqtest.Secret, "sandbox": c.sandbox}, d)
		if a.Path() != "/qq/qq" || a.api.base != c.want || a.api.auth != "https://bots.qq.com" {
			t.Errorf("sandbox %t: path %s, api %s, tokens %s", c.sandbox, a.Path(), a.api.base, a.api.auth)
		}
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	private, group := chat.Address{Peer: "A"}, chat.Address{Peer: "A", Thread: "G"}
	plain := newHall(t, nil)
	if c := plain.Caps(private); c.Window != time.Hour || c.Choices != chat.None || c.Tap != chat.None || c.Push != chat.Full || c.MaxText != 1000 || !c.Resend {
		t.Errorf("alone with a person: %+v", c)
	}
	if c := plain.Caps(group); c.Window != 5*time.Minute {
		t.Errorf("in a group: %+v", c)
	}
	if c := newHall(t, func(p *qqtest.Platform) { p.Buttons = true }).Caps(private); c.Choices != chat.Full || c.Tap != chat.Full || c.MaxChoices != 25 || c.MaxLabel != 10 {
		t.Errorf("with buttons: %+v", c)
	}
}
