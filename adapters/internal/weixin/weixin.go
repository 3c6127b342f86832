// Package weixin is what the messengers of the WeChat family share: the porch and its gate, signature, AES envelope, hardened XML, access
// tokens, API calls and their errors. It knows no dialog and no seat, and which message kinds there are is each messenger's own.
package weixin

import "time"

// Limits of the platform, each with its source; none is confirmed against the live servers, so change them here only.
const (
	// MaxBody is how many bytes of a push are read. Texts are a few KB; the compatible mode triples them.
	MaxBody = 64 << 10
	// Fresh is how far a push's timestamp may be from our clock, either way. It is longer than the platform's retries.
	Fresh = 5 * time.Minute
	// MaxTextBytes is the length of one text message, passive or pushed, in bytes of UTF-8 (45002 beyond; community figure).
	MaxTextBytes = 2048
	// AckWithin is when the platform hangs up (developers.weixin.qq.com, message push guide).
	AckWithin = 5 * time.Second
	// ReplyWithin is our own deadline for a passive reply, so that it arrives before AckWithin.
	ReplyWithin = 4500 * time.Millisecond
	// Redelivery is how long the platform may deliver the same push again: three, by another reading four, deliveries 5 s apart.
	Redelivery = 30 * time.Second
	// Window is how long after a person's message the customer-service API may be used (api_sendcustommessage).
	Window = 48 * time.Hour
)
