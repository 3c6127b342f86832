package main

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// picture delivers an image message; its content is the file's.
func picture(ts *testscript.TestScript, _ bool, args []string) {
	r := runningOf(ts)
	id := fmt.Sprintf("media-%d", r.ids.Add(1))
	if content, err := os.ReadFile(ts.MkAbs(args[1])); err == nil {
		r.platform.mu.Lock()
		r.platform.files[id] = content
		r.platform.mu.Unlock()
	}
	text, answered := r.platform.deliver(post{openid: args[0], media: id, id: r.ids.Add(1), at: time.Now()}, time.Now().Add(patience))
	if !answered {
		ts.Fatalf("WeChat got no answer\n%s", r.output())
	}
	fmt.Fprintln(ts.Stdout(), text)
}

func kept(ts *testscript.TestScript, _ bool, args []string) {
	r := runningOf(ts)
	r.until(ts, "kept "+args[0], func() bool {
		q, err := http.NewRequest(http.MethodGet, "http://"+r.admin+"/v1/media/"+args[0], nil)
		ts.Check(err)
		q.Header.Set("Authorization", "Bearer "+ts.Getenv("ADMIN_TOKEN"))
		resp, err := http.DefaultClient.Do(q)
		ts.Check(err)
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusGone
	})
}
