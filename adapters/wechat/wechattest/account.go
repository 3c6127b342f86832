package wechattest

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/weixin/weixintest"
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
	console []any    // as get_current_selfmenu_info tells of a menu that was made in the console
}

// ConsoleMenu gives the account a menu that somebody made in the console: a picture to be sent, which the API cannot make.
func (p *Platform) ConsoleMenu() {
	p.menu.console = []any{map[string]any{"type": "img", "name": "海报", "value": "media-9"}}
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
	return map[string]any{"menu": p.menu}, 0
}

// selfMenu tells of the menu in force, wherever it was made; its shape is not that of menu/get.
func (p *Platform) selfMenu(*http.Request, []byte) (any, int) {
	list := p.menu.console
	for _, b := range p.menu.Buttons {
		list = append(list, b.told())
	}
	open := 0
	if len(list) > 0 {
		open = 1
	}
	return map[string]any{"is_menu_open": open, "selfmenu_info": map[string]any{"button": list}}, 0
}

func (b button) told() map[string]any {
	out := map[string]any{"name": b.Name}
	for k, v := range map[string]string{"type": b.Type, "key": b.Key, "url": b.URL, "appid": b.AppID, "pagepath": b.Page} {
		if v != "" {
			out[k] = v
		}
	}
	if len(b.Below) > 0 {
		var list []any
		for _, x := range b.Below {
			list = append(list, x.told())
		}
		out["sub_button"] = map[string]any{"list": list}
	}
	return out
}

var _ http.Handler = (*weixintest.Platform)(nil)
