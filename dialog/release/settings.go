package release

import (
	"reflect"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/dialog/script"
)

// Defaults of release.yaml.
const (
	DefaultAnswer = 0.60
	DefaultOffer  = 0.25
	DefaultFloor  = 0.15
	DefaultLocale = "zh-CN"
	DefaultZone   = "Asia/Shanghai"
)

// greeting is said on arrival when release.yaml has none.
const greeting = "您好，我是机器人客服。您是不是想问："

// settings reads release.yaml into r.
func (r *Release) settings(src script.Source) []script.Finding {
	page := script.ReadPage(src)
	if page.Root == nil {
		return page.Findings
	}
	var languages *script.Node
	fields := page.Root.Fields("release.yaml", "name", "locale", "thresholds", "greeting", "hours", "texts", "languages", "idle", "banned")
	for _, p := range fields { // first: the house's own words are in its language
		if p.Name != "locale" {
			continue
		}
		if s, ok := p.Value.Text("locale"); ok {
			r.Locale = s
			r.Texts = r.defaults(r.Language())
		}
	}
	for _, p := range fields {
		v := p.Value
		switch p.Name {
		case "name":
			r.Name, _ = v.Text("name")
		case "thresholds":
			r.thresholds(v)
		case "greeting":
			if r.Greeting = v.Template("greeting"); r.Greeting != nil {
				page.Findings = append(page.Findings, script.CheckText(r.Greeting)...)
			}
		case "hours":
			r.Hours = readHours(v, r.Hours.Zone)
		case "banned":
			r.banned, _ = v.Texts("banned")
		case "idle":
			r.Idle = v.Idle()
		case "texts":
			page.Findings = append(page.Findings, r.Texts.read(v)...)
		case "languages":
			languages = v
		}
	}
	if languages != nil { // last: a language without words of its own has the release's
		page.Findings = append(page.Findings, r.languages(languages)...)
	}
	return page.Findings
}

func (r *Release) thresholds(n *script.Node) {
	for _, p := range n.Fields("thresholds", "answer", "offer", "floor") {
		f, ok := p.Value.Number(p.Name, 0)
		if ok && f > 1 {
			p.Value.Fault("range", p.Name+" 要在 0 和 1 之间", "例如 0.60")
			ok = false
		}
		if !ok {
			return
		}
		switch p.Name {
		case "answer":
			r.Thresholds.Answer = f
		case "offer":
			r.Thresholds.Offer = f
		case "floor":
			r.Thresholds.Floor = f
		}
	}
	if r.Thresholds.Offer > r.Thresholds.Answer {
		n.Fault("range", "offer 不能大于 answer", "例如 {answer: 0.60, offer: 0.25}")
	}
}

// read takes over the operator's sentences by their yaml names. Each must parse as a text that is said outside dialogs.
func (t *Texts) read(n *script.Node) []script.Finding {
	var findings []script.Finding
	fields := t.fields()
	names := make([]string, 0, len(fields))
	for i := range reflect.TypeFor[Texts]().NumField() {
		names = append(names, reflect.TypeFor[Texts]().Field(i).Tag.Get("yaml"))
	}
	written := map[string]bool{}
	for _, p := range n.Fields("texts", names...) {
		tpl := p.Value.Template("texts 里的 " + p.Name)
		if tpl == nil {
			continue
		}
		if !strings.HasPrefix(p.Name, "invalid_") { // those may also use {len}
			findings = append(findings, script.CheckText(tpl, placeholders(p.Name)...)...)
		}
		*fields[p.Name], written[p.Name] = tpl.Source, true
	}
	if written["not_text"] { // whoever wrote it before there were words for each kind meant every kind
		for _, name := range []string{"image", "video", "file"} {
			if !written[name] {
				*fields[name] = t.NotText
			}
		}
	}
	return findings
}

// placeholders are what one of the texts may use beside what the house always gives.
func placeholders(name string) []string {
	switch name {
	case "guide_step":
		return []string{"at", "of"}
	case "go_on_there":
		return []string{"title", "where"}
	case "reuse_ask":
		return []string{"value", "where"}
	case "link_ask", "linked_now", "link_told":
		return []string{"where"}
	case "link_code":
		return []string{"code"}
	case "go_on_ask":
		return []string{"title"}
	}
	return nil
}

// fields maps yaml names to the fields.
func (t *Texts) fields() map[string]*string {
	out := map[string]*string{}
	v := reflect.ValueOf(t).Elem()
	for i := range v.NumField() {
		out[v.Type().Field(i).Tag.Get("yaml")] = v.Field(i).Addr().Interface().(*string)
	}
	return out
}

// loadZone loads a zone; China has one offset and no summer time, so that it works without a zone database.
func loadZone(name string) (*time.Location, error) {
	z, err := time.LoadLocation(name)
	if err != nil && name == DefaultZone {
		return time.FixedZone(DefaultZone, 8*3600), nil
	}
	return z, err
}
