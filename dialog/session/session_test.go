package session

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestEncodeDecode(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		in   Session
	}{
		{"new", Session{Layout: Layout}},
		{"in a dialog", Session{
			Layout: Layout, Turn: 3, Chain: "00ff", Release: "v1", Misses: 1, At: at,
			Place: &Place{
				Dialog: "refund", Version: "a1", Step: "ask", Slots: map[string]string{"order": "A1", "sum": ""}, Order: []string{"order"},
				Saved: map[string]json.RawMessage{"r": json.RawMessage(`{"ok":true}`)}, Asking: "order", Retries: 2, Begun: at,
			},
			Stack: []Place{{Dialog: "main", Step: "back"}},
			Offer: &Offer{Items: []Item{{ID: "301", Label: "退款", Target: "dialog:refund"}}, At: at},
		}},
		{"waiting", Session{
			Layout: Layout, Waiting: &Waiting{Case: "32abc", Queue: "default", Since: at, Quiet: true}, Last: &Topic{ID: "kb:x", At: at},
			Asked: "多久到账", Tried: []string{"x"}, Failed: 2, Outcome: "handed", Recent: []Topic{{ID: "kb:x", At: at}},
			Trace: []Operation{{Kind: "redpacket.held", At: at, Data: json.RawMessage(`{"n":1}`)}}, Scene: map[string]string{"menu": "m"},
			Profile: &Profile{Tags: []string{"vip"}, Attributes: map[string]json.RawMessage{"age": json.RawMessage(`7`)}},
			User:    "u-1", Lang: "zh", Timers: map[string]string{"patience": "t1"}, Gone: true,
		}},
		{"of a newer program", Session{
			Layout: Layout + 1, Turn: 1, Chain: "a",
			Extra: map[string]json.RawMessage{"mood": json.RawMessage(`{"calm":[1,2]}`), "z": json.RawMessage(`null`)},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := Encode(tt.in)
			if err != nil {
				t.Fatalf("Encode(%s) = %v, want nil", tt.name, err)
			}
			got, err := Decode(b)
			if err != nil {
				t.Fatalf("Decode(%s) = %v, want nil", b, err)
			}
			if d := cmp.Diff(tt.in, got); d != "" {
				t.Errorf("Decode(Encode(%s)) (- want, + got):\n%s", tt.name, d)
			}
		})
	}
}

func TestEncodeWritesTheLayout(t *testing.T) {
	t.Parallel()
	b, err := Encode(Session{Turn: 1, Chain: "a"})
	if want := `{"v":3,"turn":1,"chain":"a"}`; err != nil || string(b) != want {
		t.Errorf("Encode of a session without layout = %s, %v, want %s", b, err, want)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in, err string
		want          Session
	}{
		{"no bytes are a new conversation", "", "", Session{Layout: Layout}},
		{"of this layout", `{"v":3,"turn":2,"chain":"a"}`, "", Session{Layout: 3, Turn: 2, Chain: "a"}},
		{"of an older layout is written as this one", `{"v":1,"turn":2,"chain":"a"}`, "", Session{Layout: 3, Turn: 2, Chain: "a"}},
		{"unknown fields of this layout are mistakes of ours", `{"v":3,"turn":2,"chain":"a","x":1}`, "", Session{Layout: 3, Turn: 2, Chain: "a"}},
		{"a newer layout keeps what is unknown", `{"v":4,"turn":2,"chain":"a","misses":1,"mood":"calm"}`, "", Session{
			Layout: 4, Turn: 2, Chain: "a", Misses: 1, Extra: map[string]json.RawMessage{"mood": json.RawMessage(`"calm"`)},
		}},
		{"a newer layout without unknown fields", `{"v":4,"turn":2,"chain":"a"}`, "", Session{Layout: 4, Turn: 2, Chain: "a"}},
		{"damaged", `{"v":1,"turn":2`, "session: unexpected end of JSON input", Session{}},
		{"of another shape", `{"v":1,"turn":"two"}`, "session: json: cannot unmarshal string into Go struct field Session.turn of type int", Session{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Decode([]byte(tt.in))
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("Decode(%q) = %v, want %s", tt.in, err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatalf("Decode(%q) = %v, want nil", tt.in, err)
			}
			if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("Decode(%q) (- want, + got):\n%s", tt.in, d)
			}
		})
	}
}

// TestOlderProgramsKeepWhatNewerOnesWrote is a rolling upgrade: an older program judges turns between those of a newer one.
func TestOlderProgramsKeepWhatNewerOnesWrote(t *testing.T) {
	t.Parallel()
	stored := []byte(`{"v":9,"turn":1,"chain":"a","mood":{"calm":true},"scene":{"menu":"m"}}`)
	for range 3 {
		s, err := Decode(stored)
		if err != nil {
			t.Fatalf("Decode(%s) = %v, want nil", stored, err)
		}
		s.Turn++
		if stored, err = Encode(s); err != nil {
			t.Fatalf("Encode = %v, want nil", err)
		}
	}
	if want := `{"v":9,"turn":4,"chain":"a","scene":{"menu":"m"},"mood":{"calm":true}}`; string(stored) != want {
		t.Errorf("after three turns of an older program = %s, want %s", stored, want)
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	// These are written into the sessions of running systems.
	if got, want := Next("", "m1"), "18fb2b93268b5f5b"; got != want {
		t.Errorf("Next(\"\", \"m1\") = %s, want %s", got, want)
	}
	if a, b := Next(Next("", "m1"), "m2"), Next(Next("", "m2"), "m1"); a == b {
		t.Errorf("Next: two orders have one chain, %s", a)
	}
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.String(), 1, 5)
		x, y := ids.Draw(t, "x"), ids.Draw(t, "y")
		chain := func(ids []string) (c string) {
			for _, id := range ids {
				c = Next(c, id)
			}
			return c
		}
		if same := cmp.Equal(x, y); same != (chain(x) == chain(y)) {
			t.Fatalf("Next over %q and %q: equal histories have equal chains, others do not", x, y)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "{}", `{"v":1,"turn":2}`, `{"v":3,"mood":{"a":[1]},"place":{"dialog":"x"}}`, `{"v":99,"V":1,"Turn":3}`, "[", "null", `{"v":3,"mood":null}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(b)
		if err != nil {
			return
		}
		once, err := Encode(s)
		if err != nil {
			t.Fatalf("Encode of what Decode(%q) read = %v, want nil", b, err)
		}
		again, err := Decode(once)
		if err != nil {
			t.Fatalf("Decode(%q) after Encode(Decode(%q)) = %v, want nil", once, b, err)
		}
		twice, err := Encode(again)
		if err != nil || string(twice) != string(once) {
			t.Errorf("Encode(Decode(%q)) = %q, %v, want it to stay as it is", once, twice, err)
		}
	})
}
