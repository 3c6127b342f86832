package kefutest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
)

func (p *Platform) accounts(_ *http.Request, body []byte) answer {
	if !json.Valid(body) {
		return fail(47001, "data format error")
	}
	res := ok()
	res["account_list"] = []any{answer{"open_kfid": Account, "name": "客服", "avatar": "", "manage_privilege": true}}
	return res
}

func (p *Platform) customers(_ *http.Request, body []byte) answer {
	var in struct {
		IDs []string `json:"external_userid_list"`
	}
	if !read(body, &in) || len(in.IDs) == 0 || len(in.IDs) > 100 {
		return fail(40058, "external_userid_list")
	}
	list := []any{}
	for _, one := range in.IDs {
		if who := p.people[one]; who != nil {
			c := answer{"external_userid": one, "nickname": who.name}
			if who.union != "" {
				c["unionid"] = who.union
			}
			list = append(list, c)
		}
	}
	res := ok()
	res["customer_list"] = list
	return res
}

var sceneForm = regexp.MustCompile(`^[0-9a-zA-Z_-]{0,32}$`)

func (p *Platform) link(_ *http.Request, body []byte) answer {
	var in struct {
		KF    string `json:"open_kfid"`
		Scene string `json:"scene"`
	}
	if !read(body, &in) || in.KF != Account || !sceneForm.MatchString(in.Scene) {
		return fail(40058, "scene")
	}
	res := ok()
	res["url"] = "https://work.weixin.qq.com/kfid/kfc1?enc_scene=ENC" + in.Scene
	return res
}

func (p *Platform) upload(r *http.Request, body []byte) answer {
	r.Body = io.NopCloser(bytes.NewReader(body))
	f, _, err := r.FormFile("media")
	if err != nil {
		return fail(41005, "media data missing")
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(f)
	if err != nil || len(data) == 0 {
		return fail(44001, "empty media data")
	}
	res := ok()
	res["type"], res["media_id"] = r.URL.Query().Get("type"), p.keep(data)
	return res
}
