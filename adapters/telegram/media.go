package telegram

import (
	"strconv"
	"strings"

	"github.com/xianda-bot/xianda/adapters/internal/claims"
	"github.com/xianda-bot/xianda/chat"
)

// attached are the media of a message. Who shares a contact says its number, so that it can be an answer. Names and types are what the
// person's client claims.
func attached(in *message, m *chat.Message) []chat.Media {
	switch {
	case len(in.Photo) > 0:
		best := in.Photo[0]
		for _, p := range in.Photo {
			if p.Width*p.Height >= best.Width*best.Height && int64(p.FileSize) <= maxDownload {
				best = p
			}
		}
		return []chat.Media{{Kind: "image", Ref: best.FileID, MIME: "image/jpeg", Size: int64(best.FileSize)}}
	case in.Voice != nil:
		return []chat.Media{{Kind: "voice", Ref: in.Voice.FileID, MIME: claims.Type(in.Voice.MimeType), Size: in.Voice.FileSize}}
	case in.Video != nil:
		v := in.Video
		return []chat.Media{{Kind: "video", Ref: v.FileID, Name: claims.Name(v.FileName), MIME: claims.Type(v.MimeType), Size: v.FileSize}}
	case in.VideoNote != nil:
		return []chat.Media{{Kind: "video", Ref: in.VideoNote.FileID, MIME: "video/mp4", Size: int64(in.VideoNote.FileSize)}}
	case in.Animation != nil:
		v := in.Animation
		return []chat.Media{{Kind: "video", Ref: v.FileID, Name: claims.Name(v.FileName), MIME: claims.Type(v.MimeType), Size: v.FileSize}}
	case in.Audio != nil:
		f := in.Audio
		return []chat.Media{{Kind: "file", Ref: f.FileID, Name: claims.Name(f.FileName), MIME: claims.Type(f.MimeType), Size: f.FileSize}}
	case in.Document != nil:
		f := in.Document
		d := chat.Media{Kind: "file", Ref: f.FileID, Name: claims.Name(f.FileName), MIME: claims.Type(f.MimeType), Size: f.FileSize}
		if strings.HasPrefix(d.MIME, "image/") && !strings.Contains(d.MIME, "svg") {
			d.Kind = "image" // sent as a file, to keep its quality
		}
		return []chat.Media{d}
	case in.Sticker != nil:
		s := chat.Media{Kind: "other", Ref: in.Sticker.FileID, Name: claims.Label(in.Sticker.Emoji), Size: int64(in.Sticker.FileSize)}
		if !in.Sticker.IsAnimated && !in.Sticker.IsVideo {
			s.Kind, s.MIME = "image", "image/webp"
		}
		return []chat.Media{s}
	case in.Location != nil:
		return []chat.Media{location(in)}
	case in.Contact != nil:
		if m.Text == "" {
			m.Text = in.Contact.PhoneNumber
		}
		return []chat.Media{{Kind: "other", Name: claims.Label(strings.TrimSpace(in.Contact.FirstName + " " + in.Contact.LastName))}}
	case in.Poll != nil, in.Dice != nil, in.Story != nil, in.Game != nil, in.Checklist != nil, in.PaidMedia != nil:
		return []chat.Media{{Kind: "other"}}
	}
	return nil
}

func location(in *message) chat.Media {
	degrees := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	m := chat.Media{Kind: "location", Ref: degrees(in.Location.Latitude) + "," + degrees(in.Location.Longitude)}
	if in.Venue != nil {
		m.Name = claims.Label(strings.TrimSpace(in.Venue.Title + " " + in.Venue.Address))
	}
	return m
}
