package wechattest

import (
	"encoding/json"
	"net/http"
	"time"
)

// user is user/info: whoever does not follow is known by the openid alone.
func (p *Platform) user(r *http.Request, _ []byte) (any, int) {
	id := r.URL.Query().Get("openid")
	union, follows := p.unions[id]
	switch {
	case r.URL.Query().Get("lang") != "zh_CN":
		return nil, 40035
	case !follows:
		return map[string]any{"subscribe": 0, "openid": id}, 0
	}
	out := map[string]any{"subscribe": 1, "openid": id, "language": "zh_CN", "subscribe_time": 1434093047, "tagid_list": []int{128, 2}}
	if union != "" {
		out["unionid"] = union
	}
	return out, 0
}

// code is qrcode/create for temporary codes with a text for scene.
func (p *Platform) code(_ *http.Request, body []byte) (any, int) {
	var in struct {
		Life   int64  `json:"expire_seconds"`
		Action string `json:"action_name"`
		Info   struct {
			Scene struct {
				Str string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	scene := &in.Info.Scene.Str
	switch err := json.Unmarshal(body, &in); {
	case err != nil:
		return nil, 47001
	case in.Action != "QR_STR_SCENE" || *scene == "" || len(*scene) > 64:
		return nil, 40053
	case in.Life < 60 || in.Life > 2592000:
		return nil, 40052
	}
	p.codes[*scene] = time.Now().Add(time.Duration(in.Life) * time.Second)
	// A ticket has signs that an address must not hold as they are.
	return map[string]any{"ticket": "gQH47joA+/T==", "expire_seconds": in.Life, "url": "http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI"}, 0
}

// button is one button of a menu as menu/create takes it and menu/get tells it.
type button struct {
	Type  string   `json:"type,omitempty"`
	Name  string   `json:"name"`
	Key   string   `json:"key,omitempty"`
	URL   string   `json:"url,omitempty"`
	AppID string   `json:"appid,omitempty"`
	Page  string   `json:"pagepath,omitempty"`
	Media string   `json:"media_id,omitempty"`
	Below []button `json:"sub_button,omitempty"`
}

// menu is the account's; set is false before there was one.
type menu struct {
	set     bool
	Buttons []button `json:"button"`
}

func (p *Platform) setMenu(_ *http.Request, body []byte) (any, int) {
	var in menu
	if json.Unmarshal(body, &in) != nil {
		return nil, 47001
	}
	if len(in.Buttons) == 0 || len(in.Buttons) > 3 {
		return nil, 40016
	}
	for _, b := range in.Buttons {
		if code := b.refused(16); code != 0 {
			return nil, code
		}
	}
	in.set = true
	p.menu = in
	return nil, 0
}

// refused is the code with which menu/create refuses a button whose name may have so many bytes.
func (b button) refused(name int) int {
	switch {
	case b.Name == "" || len(b.Name) > name:
		return 40018
	case len(b.Below) > 5 || len(b.Below) > 0 && name != 16:
		return 40023
	case len(b.Below) > 0:
		for _, x := range b.Below {
			if code := x.refused(60); code != 0 {
				return code
			}
		}
		return 0
	case b.Type == "click" && (b.Key == "" || len(b.Key) > 128):
		return 40019
	case b.Type == "view" && (b.URL == "" || len(b.URL) > 1024):
		return 40020
	case b.Type == "miniprogram" && (b.AppID == "" || b.Page == "" || b.URL == ""):
		return 40166
	case b.Type != "click" && b.Type != "view" && b.Type != "miniprogram":
		return 40017
	}
	return 0
}

func (p *Platform) getMenu(*http.Request, []byte) (any, int) {
	if !p.menu.set {
		return nil, 46003
	}
	return map[string]any{"menu": p.menu, "conditionalmenu": []any{}}, 0
}

// ForeignMenu gives the account a menu with a button that another program made.
func (p *Platform) ForeignMenu() {
	p.menu = menu{set: true, Buttons: []button{{Type: "media_id", Name: "海报", Media: "M"}}}
}
