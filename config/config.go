// Package config reads the one file that operators write: strictly, with the place of every mistake and its remedy.
// It imports nothing of ours and does not know what a channel's section means: that stays raw until its owner decodes it.
package config

import (
	"os"
	"path/filepath"
	"time"
)

// Config is a file as it is in force. It is a value of its reader: nobody changes it after Load.
type Config struct {
	Listen   string             `yaml:"listen"`   // of webhooks and the web channel; default 127.0.0.1:8080
	Store    URL                `yaml:"store"`    // default local:./data
	Release  string             `yaml:"release"`  // a folder, from the file's own; cos://bucket-appid.region/prefix is read, not served yet
	COS      COS                `yaml:"cos"`      // needed when Release is in COS
	Admin    Admin              `yaml:"admin"`    // zero: no admin listener
	Channels []Channel          `yaml:"channels"` // in the order of the file
	Handoff  Handoff            `yaml:"handoff"`
	Media    Media              `yaml:"media"`
	Links    Links              `yaml:"links"`
	Backends map[string]Backend `yaml:"backends"` // what dialogs may call, by the name before the dot of `call: pay.refund_status`

	name   string // of the file
	env    func(string) (string, bool)
	tree   *node
	digest string
}

// COS are the credentials of Tencent's object storage.
type COS struct {
	SecretID  Secret `yaml:"secret_id"`
	SecretKey Secret `yaml:"secret_key"`
	Endpoint  string `yaml:"endpoint"` // for tests and private clouds; empty: the public one of the bucket
}

// Media says where images, voices, videos and files of people are kept for seats, and which private hosts may be asked for them.
type Media struct {
	// Store is a folder, joined with the file's own, or cos://bucket-appid.region/prefix, whose credentials are COS, or KeepNone. Default:
	// the folder media in that of a local store; with Redis there is no default, and then nothing is kept.
	Store string        `yaml:"store"`
	Keep  time.Duration `yaml:"keep"`   // what is older is removed; default DefaultKeep
	MaxMB int           `yaml:"max_mb"` // of one file, in MiB; larger ones are not kept; default DefaultMaxMB
	// Allow are HOST:PORT in private networks ("files.corp.example:9000") that addresses in messages, and those of pictures in answers that
	// are uploaded to a platform, may lead to. Without it they lead to public addresses only.
	Allow []string `yaml:"allow"`
}

// Links signs the entries of xianda channel link.
type Links struct {
	Secret         Secret `yaml:"secret"`          // default: made from admin.token; at least 32 bytes, which cmd/app checks
	SecretPrevious Secret `yaml:"secret_previous"` // accepted as well, so that printed links outlive a rotation
}

// Admin is the listener of reference/api.md. Without a token there is no admin listener.
type Admin struct {
	Listen string `yaml:"listen"` // default 127.0.0.1:8081
	Token  Secret `yaml:"token"`
}

// Handoff says who hears of cases and which queues there are.
type Handoff struct {
	Webhook Webhook          `yaml:"webhook"` // zero: nobody is told, seats ask the admin API
	Queues  map[string]Queue `yaml:"queues"`  // "default" is always among them
}

// Webhook is a seat system that is told of cases.
type Webhook struct {
	URL    URL    `yaml:"url"`
	Secret Secret `yaml:"secret"` // signs every call
}

// Queue is a line in which cases wait.
type Queue struct {
	Skills []string `yaml:"skills"`
}

// Backend is one injected service: `call: pay.refund_status` posts to URL + "/refund_status".
type Backend struct {
	URL     URL           `yaml:"url"`
	Token   Secret        `yaml:"token"`
	Timeout time.Duration `yaml:"timeout"` // most that any call may take, whatever its step says; default 1m
}

// Defaults of what a file leaves out.
const (
	DefaultListen  = "127.0.0.1:8080"
	DefaultAdmin   = "127.0.0.1:8081"
	DefaultStore   = "local:./data"
	DefaultQueue   = "default"
	DefaultTimeout = time.Minute
	DefaultKeep    = 720 * time.Hour
	DefaultMaxMB   = 20
)

// KeepNone as Media.Store keeps nothing that people send.
const KeepNone = "none"

// maxFile bounds the file and every file that it names, in bytes.
const maxFile = 1 << 20

// Load reads the file at path. env looks variables up; nil asks the process's environment. The error holds a line for each mistake:
// "xianda.yaml:12:5: unknown key …".
func Load(path string, env func(string) (string, bool)) (*Config, error) {
	data, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	return Parse(data, path, env)
}

// Parse reads data as the file called name, from whose folder relative paths start. It opens only the files that `…_file` keys name.
func Parse(data []byte, name string, env func(string) (string, bool)) (*Config, error) {
	if env == nil {
		env = os.LookupEnv
	}
	tree, err := parseTree(data, name)
	if err != nil {
		return nil, err
	}
	c := &Config{name: name, env: env, tree: tree}
	d := decoder{name: name, env: env}
	d.decodeRoot(tree, c)
	c.fill(tree)
	c.check(&d)
	c.digest = digest(data, c.secretFiles())
	if err := d.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// Name is the name of the file, as it was given to Load or Parse.
func (c *Config) Name() string { return c.name }

// Digest changes whenever the file or a file that one of its `…_file` keys names has other bytes.
func (c *Config) Digest() string { return c.digest }

// fill puts in what the file left out and lets relative paths start at the file's folder.
func (c *Config) fill(tree *node) {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Store == "" {
		c.Store = DefaultStore
	}
	if dir, ok := cutScheme(string(c.Store), "local"); ok {
		c.Store = URL("local:" + c.beside(dir))
	}
	if c.Release != "" && scheme(c.Release) == "" {
		c.Release = c.beside(c.Release)
	}
	c.fillMedia()
	if tree.get("admin") != nil && c.Admin.Listen == "" {
		c.Admin.Listen = DefaultAdmin
	}
	if c.Handoff.Queues == nil {
		c.Handoff.Queues = map[string]Queue{}
	}
	if _, ok := c.Handoff.Queues[DefaultQueue]; !ok {
		c.Handoff.Queues[DefaultQueue] = Queue{}
	}
	for name, b := range c.Backends {
		if b.Timeout == 0 {
			b.Timeout = DefaultTimeout
			c.Backends[name] = b
		}
	}
}

func (c *Config) fillMedia() {
	dir, local := cutScheme(string(c.Store), "local")
	switch m := &c.Media; {
	case m.Store == "" && local && dir != "":
		m.Store = filepath.Join(dir, "media")
	case m.Store != "" && m.Store != KeepNone && scheme(m.Store) == "":
		m.Store = c.beside(m.Store)
	}
	if c.Media.Keep == 0 {
		c.Media.Keep = DefaultKeep
	}
	if c.Media.MaxMB == 0 {
		c.Media.MaxMB = DefaultMaxMB
	}
}

// beside is path as seen from where the program runs: a relative one starts at the file's folder.
func (c *Config) beside(path string) string { return beside(c.name, path) }

func beside(name, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(name), path)
}
