package main

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// A law is an arrow that must never be. The rows are those of DESIGN.md; a law about our own packages holds however long the way
// round, a direct one looks at single imports only.
type law struct {
	from   func(pkg string) bool
	never  func(pkg, end string) bool
	direct bool
	why    string
}

var laws = []law{
	{from: under("chat", "config"), never: func(pkg, end string) bool { return ours(end) && top(end) != top(pkg) },
		why: "the ground stands on nothing"},

	{from: under("dialog"), never: to("adapters", "store"), why: "judging a turn knows no messenger and no store"},
	{from: judging, never: func(_, end string) bool { return top(end) == "handoff" && maker(end) != "" }, why: "judging a turn knows no seat system"},
	{from: judging, never: outside, direct: true, why: "judging a turn does no I/O"},

	{from: under("adapters"), never: to("dialog", "kb", "handoff", "store", "config"),
		why: "a messenger knows no dialog, no answer, no seat, no store, no file"},
	{from: func(pkg string) bool { return messenger(pkg) != "" }, never: otherMessenger, why: "a messenger knows no other messenger"},
	{from: not(under("adapters/all")), never: otherMessenger, direct: true, why: "a messenger is named in adapters/all alone"},
	{from: not(under("adapters")), never: to("adapters/internal"), direct: true, why: "what messengers share stays among them"},

	{from: under("kb", "handoff"), never: to("dialog", "adapters", "store", "config"), why: "answers and seats do not know who asks"},

	{from: under("store"), never: func(_, end string) bool {
		return within(end, "adapters", "config") || within(end, "dialog") && !within(end, "dialog/session", "dialog/likely")
	}, why: "a store keeps contracts, it makes no decisions"},
	{from: under("store"), never: func(_, end string) bool {
		return ours(end) && !within(end, "store", "chat", "handoff", "dialog/session", "dialog/likely")
	}, direct: true, why: "a store is built of chat, handoff, dialog/session and the counts of dialog/likely only"},

	{from: not(under("cmd/app", "cmd/cli")), never: func(pkg, end string) bool { return maker(end) != "" && maker(end) != maker(pkg) },
		direct: true, why: "makers are named in cmd/app and cmd/cli alone"},

	{from: under("cmd/app"), never: to("cmd/cli"), why: "the house does not know its remote control"},
	{from: not(under("cmd")), never: to("cmd"), why: "nobody below knows the program"},

	{from: anyone, never: func(_, end string) bool { return ours(end) && isTest(end) }, why: "a suite is for tests"},
	{from: anyone, never: func(_, end string) bool { return within(end, "testing") || !ours(end) && isTest(end) },
		direct: true, why: "test helpers stay out of the binary"},
}

func TestLaws(t *testing.T) {
	t.Parallel()
	imports := graph{}
	for _, f := range readTree(t) {
		if !f.test {
			imports[f.pkg] = append(imports[f.pkg], f.imports...)
		}
	}
	if len(imports) < 5 {
		t.Fatalf("only %d packages were found: is this the root of the module?", len(imports))
	}
	for _, line := range broken(imports) {
		t.Error(line)
	}
}

// graph holds what each package imports; ours without the module's path. Packages that hold only tests are not in it.
type graph map[string][]string

// broken names every broken law with the shortest route that breaks it. Test packages are test code: they may name anything.
func broken(g graph) []string {
	var out []string
	for _, pkg := range slices.Sorted(maps.Keys(g)) {
		if isTest(pkg) {
			continue
		}
		for _, way := range reach(g, pkg) {
			for _, l := range laws {
				if (!l.direct || len(way) == 2) && l.from(pkg) && l.never(pkg, way[len(way)-1]) {
					out = append(out, fmt.Sprintf("%s: %s", strings.Join(way, " -> "), l.why))
				}
			}
		}
	}
	return out
}

// reach returns one shortest way to each package that pkg leads to.
func reach(g graph, pkg string) (ways [][]string) {
	seen := map[string]bool{pkg: true}
	for queue := [][]string{{pkg}}; len(queue) > 0; queue = queue[1:] {
		way := queue[0]
		for _, next := range g[way[len(way)-1]] {
			if seen[next] {
				continue
			}
			seen[next] = true
			longer := append(slices.Clip(way), next)
			ways, queue = append(ways, longer), append(queue, longer)
		}
	}
	return ways
}

// within tells whether pkg is one of dirs or lies below one.
func within(pkg string, dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") })
}

func under(dirs ...string) func(string) bool {
	return func(pkg string) bool { return within(pkg, dirs...) }
}

func to(dirs ...string) func(pkg, end string) bool {
	return func(_, end string) bool { return within(end, dirs...) }
}

func not(f func(string) bool) func(string) bool { return func(pkg string) bool { return !f(pkg) } }

func anyone(string) bool { return true }

// ours tells our packages from those of others, which keep their whole path.
func ours(pkg string) bool {
	return within(pkg, "chat", "adapters", "dialog", "kb", "handoff", "store", "config", "cmd")
}

func top(pkg string) string {
	first, _, _ := strings.Cut(pkg, "/")
	return first
}

// isTest tells whether a package counts as test code: its name ends in test, or it is ours and lies below one that does.
func isTest(pkg string) bool {
	return strings.HasSuffix(path.Base(pkg), "test") || ours(pkg) && strings.Contains(pkg, "test/")
}

// judging are the packages of the dialog wing but those that bring releases.
func judging(pkg string) bool { return within(pkg, "dialog") && maker(pkg) == "" }

// outside are the packages by which a program touches the world.
func outside(_, end string) bool {
	return within(end, "os", "net/http", "github.com/redis/go-redis", "go.etcd.io/bbolt", "database/sql")
}

// child returns the folder directly below dir in which pkg lies, "" when there is none.
func child(pkg, dir string) string {
	rest, ok := strings.CutPrefix(pkg, dir+"/")
	if !ok {
		return ""
	}
	return dir + "/" + top(rest)
}

// maker returns the maker that pkg is or belongs to, "" when it is none.
func maker(pkg string) string {
	if within(pkg, "adapters/all") {
		return "adapters/all"
	}
	for _, dir := range []string{"store", "handoff", "dialog/release"} {
		if c := child(pkg, dir); c != "" && !isTest(c) {
			return c
		}
	}
	return ""
}

// messenger returns the messenger that pkg is or belongs to, "" when it is none.
func messenger(pkg string) string {
	c := child(pkg, "adapters")
	if c == "" || isTest(c) || c == "adapters/all" || c == "adapters/entry" || c == "adapters/internal" || c == "adapters/postman" {
		return ""
	}
	return c
}

func otherMessenger(pkg, end string) bool {
	return messenger(end) != "" && messenger(end) != messenger(pkg)
}
