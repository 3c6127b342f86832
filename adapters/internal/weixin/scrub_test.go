package weixin

import "testing"

func TestScrub(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{`Get "https://h/x?access_token=AbC_12-x&type=1": EOF`, `Get "https://h/x?access_token=<secret>&type=1": EOF`},
		{"appid=wx1&secret=s3cr3t", "appid=wx1&secret=<secret>"},
		{"corpsecret=s3 rest", "corpsecret=<secret> rest"},
		{`{"access_token":"abc","expires_in":7200}`, `{"access_token":"<secret>","expires_in":7200}`},
		{"the word canary", "the word <secret>"},
		{"invalid credential, access_token is invalid or not latest rid: 1-2-3", "invalid credential, access_token is invalid or not latest rid: 1-2-3"},
	} {
		if got := Scrub(c.in, "", "canary"); got != c.want {
			t.Errorf("Scrub(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
