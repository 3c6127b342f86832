package redistest

import (
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestServersAnswer(t *testing.T) {
	t.Parallel()
	o, err := redis.ParseURL(Start(t))
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Errorf("Start: set = %v, want nil", err)
	}
}

func TestClusterIsWhole(t *testing.T) {
	t.Parallel()
	if url := Cluster(t); len(url) < len("redis-cluster://a,b,c") {
		t.Errorf("Cluster = %q, want three nodes", url)
	}
}
