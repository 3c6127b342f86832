package script

import (
	"strings"
	"time"
)

// getter finds a name's value in a scope.
type getter func(*Scope) value

// roots are the first words of names that the house itself gives; any other word is a name that `save` or `set` keeps.
const roots = "slot、user、scene、profile、trace、turn、queue、hours、channel"

// lookup compiles a dotted name. kind is what the value will be when it is set; problem and remedy are Chinese, problem empty when fine.
func lookup(path []string) (get getter, k kind, problem, remedy string) {
	full := strings.Join(path, ".")
	rest := path[1:]
	one := func(names string, which ...string) bool {
		if len(rest) == 1 {
			for _, w := range which {
				if rest[0] == w {
					return true
				}
			}
		}
		problem, remedy = "没有“"+full+"”这个名字", "可用的是 "+names
		return false
	}
	switch path[0] {
	case "slot":
		if len(rest) != 1 {
			return nil, 0, "“" + full + "”不是一个槽位", "写成 slot.槽位名"
		}
		name := rest[0]
		return func(s *Scope) value {
			if v, ok := s.Slots[name]; ok {
				return textValue(v)
			}
			return value{}
		}, text, "", ""
	case "user":
		if !one(`user.text、user.says("…")`, "text") {
			return nil, 0, problem, remedy
		}
		return func(s *Scope) value { return textValue(s.Text) }, text, "", ""
	case "scene":
		if len(rest) == 0 {
			return nil, 0, "“scene”后面缺少名字", "写成 scene.error 这样"
		}
		key := strings.Join(rest, ".")
		return func(s *Scope) value {
			if v, ok := s.Scene[key]; ok {
				return textValue(v)
			}
			return value{}
		}, text, "", ""
	case "profile":
		if len(rest) == 0 {
			return nil, 0, "“profile”后面缺少名字", "写成 profile.level 这样"
		}
		return func(s *Scope) value { return dig(s.Profile, rest) }, anything, "", ""
	case "trace":
		return nil, 0, "“" + full + "”不是一个值", `写成 trace.has("事件名", "48h")`
	case "turn":
		if !one("turn.number", "number") {
			return nil, 0, problem, remedy
		}
		return func(s *Scope) value { return numberValue(float64(s.Turn)) }, number, "", ""
	case "queue":
		if !one("queue.ahead、queue.line、queue.eta", "ahead", "line", "eta") {
			return nil, 0, problem, remedy
		}
		if rest[0] == "line" {
			return func(s *Scope) value { return textValue(s.Queue.Line) }, text, "", ""
		}
		if rest[0] == "ahead" {
			return func(s *Scope) value { return numberValue(float64(s.Queue.Ahead)) }, number, "", ""
		}
		return func(s *Scope) value {
			if s.Queue.ETA <= 0 {
				return value{}
			}
			return value{kind: span, n: s.Queue.ETA.Seconds()}
		}, span, "", ""
	case "hours":
		if !one("hours.open、hours.next_open", "open", "next_open") {
			return nil, 0, problem, remedy
		}
		if rest[0] == "open" {
			return func(s *Scope) value { return boolValue(s.Hours.Open) }, boolean, "", ""
		}
		return func(s *Scope) value {
			if s.Hours.NextOpen.IsZero() {
				return value{}
			}
			return value{kind: clock, raw: s.Hours.NextOpen}
		}, clock, "", ""
	case "channel":
		if len(rest) != 0 {
			return nil, 0, "没有“" + full + "”这个名字", "渠道写成 channel"
		}
		return func(s *Scope) value {
			if s.Channel == "" {
				return value{}
			}
			return textValue(s.Channel)
		}, text, "", ""
	}
	return func(s *Scope) value {
		if v, ok := s.Saved[path[0]]; ok {
			if len(rest) == 0 {
				return fromJSON(v)
			}
			if m, ok := v.(map[string]any); ok {
				return dig(m, rest)
			}
		}
		return value{}
	}, anything, "", ""
}

// dig walks into nested objects.
func dig(m map[string]any, path []string) value {
	for i, p := range path {
		v, ok := m[p]
		if !ok {
			return value{}
		}
		if i == len(path)-1 {
			return fromJSON(v)
		}
		if m, ok = v.(map[string]any); !ok {
			return value{}
		}
	}
	return value{}
}

// isSaved tells whether a name is one that save or set keeps, rather than one that the house gives.
func isSaved(root string) bool {
	switch root {
	case "slot", "user", "scene", "profile", "trace", "turn", "queue", "hours", "channel", "len":
		return false
	}
	return true
}

// happened tells whether kind is in the trace, not older than age (0: at any time).
func (s *Scope) happened(kind string, age time.Duration) bool {
	for i := len(s.Trace) - 1; i >= 0; i-- {
		if t := &s.Trace[i]; t.Kind == kind && (age == 0 || s.Now.Sub(t.At) <= age) {
			return true
		}
	}
	return false
}
