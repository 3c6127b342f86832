package rehearse

import "strings"

// pictured are the addresses of the pictures and pages that the person was shown, natively or, where the messenger cannot, as a line.
func (s *stage) pictured() (images, links []string) {
	for _, r := range s.shown {
		for _, m := range r.Media {
			if m.Kind == "image" {
				images = append(images, m.URL)
			}
		}
		for _, c := range r.Choices {
			if c.URL != "" {
				links = append(links, c.URL)
			}
		}
		for line := range strings.Lines(r.Text) {
			line = strings.TrimSpace(line)
			address := line[strings.LastIndex(line, " ")+1:]
			switch {
			case !strings.HasPrefix(address, "https://"):
			case strings.HasPrefix(line, "[图片]"):
				images = append(images, address)
			default:
				links = append(links, address)
			}
		}
	}
	return images, links
}
