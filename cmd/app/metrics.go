package app

import (
	"net/http"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// counted names the labels of the counters that the house keeps; one that is not listed has the labels a, b, c …
var counted = map[string][]string{
	"turns":      {"channel", "kind", "reason", "state"},
	"duplicates": {"channel"},
	"refused":    {"channel", "why"},
	"late":       {"channel", "state"},
	"calls":      {"call", "end"},
	"cases":      {"channel"},
	"dead":       {"channel"},
	"panics":     {"channel"},
	"abandoned":  {"channel"},
	"lost":       {"channel"},

	"call_attempts":  {"backend", "end"},
	"backend_breaks": {"backend"},

	"people_refused":        {"limit"},
	"link_codes":            {"end"},
	"shares":                {"end"},
	"unions":                {"end"},
	"entries":               {"channel", "kind"},
	"media_kept":            {"channel", "kind"},
	"media_lost":            {"channel", "why"},
	"channel_restarts":      {"channel"},
	"rejected":              {"channel", "why"},
	"ignored":               {"channel", "event"},
	"unaccepted":            {"channel"},
	"postman_paid":          {"kind", "channel"},
	"postman_moved":         {"kind", "channel"},
	"postman_without_media": {"kind", "channel"},
	"postman_again":         {"kind", "channel", "why"},
	"postman_parked":        {"kind", "channel", "why"},
	"postman_dropped":       {"kind", "channel", "why"},
	"postman_withheld":      {"channel"},
	"postman_auth":          {"channel"},
	"postman_store_errors":  {"channel"},
}

// metrics counts for the page /metrics. It is safe for concurrent use.
type metrics struct {
	registry *prometheus.Registry

	mu     sync.RWMutex // guards both
	all    map[string]*prometheus.CounterVec
	states map[string]*prometheus.GaugeVec
}

// stated names the labels and tells the meaning of the states that the house shows.
var stated = map[string]struct{ label, help string }{
	breakerMetric: {"backend", "1 while a backend is left alone because it failed too often."},
}

// Set shows a state as xianda_<metric>.
func (m *metrics) Set(metric string, value float64, labels ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := m.states[metric]
	if v == nil {
		v = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "xianda_" + metric, Help: stated[metric].help}, []string{stated[metric].label})
		if m.registry.Register(v) != nil {
			return
		}
		m.states[metric] = v
	}
	if g, err := v.GetMetricWithLabelValues(labels...); err == nil {
		g.Set(value)
	}
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), all: map[string]*prometheus.CounterVec{}, states: map[string]*prometheus.GaugeVec{}}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Count adds one to xianda_<metric>_total. Labels are fixed words of ours, never texts of people.
func (m *metrics) Count(metric string, labels ...string) {
	m.mu.RLock()
	v := m.all[metric]
	m.mu.RUnlock()
	if v == nil {
		v = m.make(metric, len(labels))
	}
	if c, err := v.GetMetricWithLabelValues(labels...); err == nil {
		c.Inc()
	}
}

func (m *metrics) make(metric string, n int) *prometheus.CounterVec {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v := m.all[metric]; v != nil {
		return v
	}
	names := counted[metric]
	if len(names) != n {
		names = strings.Split("a b c d e f", " ")[:min(n, 6)]
	}
	v := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "xianda_" + strings.NewReplacer(".", "_", "-", "_", ":", "_").Replace(metric) + "_total", Help: "Count of " + metric + ".",
	}, names)
	if err := m.registry.Register(v); err != nil {
		// Two metrics whose names differ in punctuation alone: count them nowhere rather than fail a turn.
		v = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "xianda_unregistered_total"}, names)
	}
	m.all[metric] = v
	return v
}

func (m *metrics) page() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
