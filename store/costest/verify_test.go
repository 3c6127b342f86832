package costest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestVector is the one of the SDK's own tests: a verifier that we wrote and never compared proves nothing.
func TestVector(t *testing.T) {
	t.Parallel()
	const key, authorization = "AKIDZfbOA78asKUYBcXFrJD0a1ICvR98JM",
		"q-sign-algorithm=sha1&q-ak=QmFzZTY0IGlzIGEgZ2VuZXJp&q-sign-time=1480932292;1481012292&q-key-time=1480932292;1481012292" +
			"&q-header-list=host;x-cos-content-sha1;x-cos-stroage-class&q-url-param-list=&q-signature=ce4ac0ecbcdb30538b3fee0a97cc6389694ce53a"
	at := time.Unix(1480932300, 0)
	for _, tt := range []struct {
		name, key, authorization, class string
		at                              time.Time
		ok                              bool
	}{
		{"the vector", key, authorization, "nearline", at, true},
		{"another key", key + "x", authorization, "nearline", at, false},
		{"a changed header", key, authorization, "standard", at, false},
		{"too late", key, authorization, "nearline", time.Unix(1481012293, 0), false},
		{"too early", key, authorization, "nearline", time.Unix(1480932290, 0), false},
		{"another algorithm", key, strings.Replace(authorization, "sha1", "md5", 1), "nearline", at, false},
		{"unsigned", key, "", "nearline", at, false},
	} {
		r := httptest.NewRequest(http.MethodPut, "http://testbucket-125000000.cos.ap-guangzhou.myqcloud.com/testfile2", nil)
		r.Header.Set("X-Cos-Content-Sha1", "db8ac1c259eb89d4a131b253bacfca5f319d54f2")
		r.Header.Set("X-Cos-Stroage-Class", tt.class) // misspelt there
		if tt.authorization != "" {
			r.Header.Set("Authorization", tt.authorization)
		}
		if err := Verify(r, tt.key, tt.at); (err == nil) != tt.ok {
			t.Errorf("%s: %v, want ok %v", tt.name, err, tt.ok)
		}
	}
}
