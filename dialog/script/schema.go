package script

// SchemaJSON is the JSON Schema (draft 2020-12) of a file of dialogs/, for editors that complete and check while one writes. It says
// what the reader accepts; what only a release as a whole can tell, Check tells.
func SchemaJSON() map[string]any {
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "Xianda dialog",
		"type":    "object", "additionalProperties": false, "required": []string{"dialog", "title", "steps"},
		"properties": map[string]any{
			"dialog":   about(words(), "编号，与文件名一致，发布后不要改"),
			"title":    about(words(), "人能看懂的名字"),
			"owner":    about(words(), "谁负责"),
			"triggers": object(nil, map[string]any{"ask": about(listOf(words()), "用户的问法，五个以上"), "events": about(listOf(words()), "menu.X、page.X 或 event.X")}),
			"likely": listOf(object([]string{"say"}, map[string]any{
				"when": about(words(), "条件；不写就是一直成立"), "say": words(), "goto": about(words(), "从哪一步开始"), "score": map[string]any{"type": "number", "minimum": 0, "maximum": 1},
			})),
			"idle":     object(nil, map[string]any{"remind": about(spanned(), "多久没有回答就提醒一次"), "leave": about(spanned(), "多久没有回答就放下")}),
			"patterns": named(patternSchema()),
			"slots":    named(slotSchema()),
			"steps":    map[string]any{"type": "array", "minItems": 1, "maxItems": maxSteps, "items": stepSchema()},
		},
	}
}

func words() map[string]any { return map[string]any{"type": []string{"string", "number"}} }
func spanned() map[string]any {
	return map[string]any{"type": "string", "pattern": `^([0-9.]+(ms|s|m|h|d))+$`}
}
func addressed() map[string]any                 { return map[string]any{"type": "string", "pattern": `^https://`} }
func listOf(of map[string]any) map[string]any   { return map[string]any{"type": "array", "items": of} }
func oneOrMore(s map[string]any) map[string]any { return map[string]any{"anyOf": []any{s, listOf(s)}} }
func named(of map[string]any) map[string]any {
	return map[string]any{"type": "object", "additionalProperties": of}
}

func about(s map[string]any, what string) map[string]any {
	s["description"] = what
	return s
}

func object(required []string, properties map[string]any) map[string]any {
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if required != nil {
		s["required"] = required
	}
	return s
}

func slotSchema() map[string]any {
	return object([]string{"ask"}, map[string]any{
		"title": about(words(), "人们怎么叫它，用来听懂“单号错了”"), "ask": about(words(), "怎么问"), "type": map[string]any{"enum": types},
		"choices": about(named(words()), "键: 显示的文字"), "length": map[string]any{"type": "integer", "minimum": 1},
		"min": map[string]any{"type": "number"}, "max": map[string]any{"type": "number"}, "pattern": about(words(), "order_no 的正则表达式"),
		"invalid": about(words(), "答得不对时说的话，可以用 {len}"), "max_retry": map[string]any{"type": "integer", "minimum": 0}, "skip_words": oneOrMore(words()),
	})
}

func patternSchema() map[string]any {
	return object(nil, map[string]any{
		"words": oneOrMore(words()), "contains": oneOrMore(words()), "do": map[string]any{"enum": deeds}, "say": words(), "queue": words(), "notice": words(), "no_seat": words(),
	})
}

// stepSchema is one alternative for each verb: a step has exactly one, with the keys that go with it.
func stepSchema() map[string]any {
	fields := named(words())
	values := map[string]map[string]any{
		string(Say): words(), string(Answer): about(map[string]any{"type": "string", "pattern": `^kb\..+`}, "kb.编号"), string(Collect): about(words(), "槽位"),
		string(Switch): about(words(), "一个值，例如 slot.issue"), string(Call): about(map[string]any{"type": "string", "pattern": `^[^.]+\..+`}, "后端.路径"),
		string(Set): fields, string(Goto): words(), string(Sub): about(words(), "对话编号"), string(Handoff): about(words(), "队列"),
		string(End): {"enum": []string{string(Resolved), string(Unresolved), string(Handed), string(Abandoned)}},
		"then":      object([]string{"solved", "unsolved"}, map[string]any{"solved": words(), "unsolved": words()}),
		"image":     about(oneOrMore(addressed()), "图片的网址，最多 3 张"), "link": about(addressed(), "说得更细的网页"),
		"on_fail": about(words(), "一直答不对时去哪一步"), "on_skip": about(words(), "说不知道时去哪一步"), "on_error": about(words(), "调用失败时去哪一步"),
		"cases": about(named(words()), "值: 步骤"), "else": words(), "with": fields, "timeout": spanned(),
		"retry": {"type": "integer", "minimum": 0, "maximum": maxCallRetry}, "save": words(),
		"urgent_if": words(), "carry": oneOrMore(words()), "notice": about(words(), "有客服时说"), "no_seat": about(words(), "没有客服时说"),
	}
	required := map[Verb][]string{Collect: {"on_fail"}, Switch: {"cases"}, Call: {"timeout", "on_error"}, Handoff: {"no_seat"}}
	var each []any
	for _, v := range verbs {
		properties := map[string]any{"id": words(), string(v): values[string(v)]}
		for _, key := range verbKeys(v) {
			properties[key] = values[key]
		}
		each = append(each, object(append([]string{"id", string(v)}, required[v]...), properties))
	}
	return map[string]any{"oneOf": each}
}
