package release

import (
	"regexp"
	"strings"

	"github.com/xianda-bot/xianda/dialog/script"
)

// Words are what the house itself says in one language.
type Words struct {
	Greeting *script.Template
	Texts    Texts
}

// English are the house's words in English, for releases that do not write their own under languages: in release.yaml.
func English() Texts {
	return Texts{
		Miss:      "Sorry, I did not understand that. Please put it another way, or reply \"agent\" for a person.",
		MissAgain: "Sorry, I still do not understand. Shall I get a person for you?",
		Maybe:     "Did you mean:",
		None:      "None of these",
		NoneSaid:  "All right, please tell me in one sentence what happened, and I will look again.",
		Human:     "Talk to a person",
		Affirm:    "Yes",
		Deny:      "No",
		Solved:    "Solved",
		Unsolved:  "Not solved",
		Ask:       "Did this solve your problem?",
		Thanks:    "Glad to help.",
		Sorry:     "Sorry that this did not help. Please put it another way, or reply \"agent\" for a person.",
		NotText:   "Received. I cannot read this kind of message yet: please tell me in one sentence what happened, or reply \"agent\".",
		Image: "I got your picture, but cannot read it. " +
			"Please tell me in one sentence what happened, or reply \"agent\" to show it to a person.",
		Video: "I got your video, but cannot watch it. " +
			"Please tell me in one sentence what happened, or reply \"agent\" to show it to a person.",
		File: "I got your file, but cannot read it. " +
			"Please tell me in one sentence what happened, or reply \"agent\" to show it to a person.",
		Voice:       "I got your voice message, but it could not be turned into text. Please type it, or reply \"agent\" for a person to listen.",
		Media:       "Received. The agent will see it.",
		Fallback:    "Sorry, something went wrong with this message. Please try again, or reply \"agent\" for a person.",
		Gone:        "This was just updated. Let us start again.",
		Resume:      "Back to where we were:",
		TooMany:     "Never mind, let us leave it at that.",
		Notice:      "Getting a person for you, one moment please.",
		NoSeat:      "Nobody is available right now. Your request is registered, and an agent will answer you here.",
		Ahead:       "{queue.ahead} ahead of you. ",
		SeatSpeaks:  "Agent: ",
		StillWaits:  "Getting a person for you. {queue.line}One moment please.",
		Registered:  "Your request is registered, and an agent will answer you here. There is no need to send it again.",
		Recalled:    "All right, the request is withdrawn. Reply \"agent\" whenever you need a person.",
		Closed:      "This conversation with our agent has ended. You can go on asking me.",
		InvalidText: "I did not understand that, please say it again.",
		InvalidPick: "Please choose one of the options above; its number is enough.",
		InvalidNum:  "Please reply with a number.",
		InvalidDate: "Please reply with a date, such as 2026-01-28.",
		InvalidTel:  "Please reply with an 11-digit mobile number.",
		InvalidYes:  "Please reply yes or no.",
		InvalidPic:  "Please send a picture.",
		More:        "You may also want to know:",
		Patience:    "Our agents are still busy. Your request keeps its place; you can go on asking me meanwhile.",
		Open:        "Please tell me in one sentence what you need.",
		Hello:       "Hello, I am here. Would you like to ask:",
		Perhaps:     "Perhaps you want to know:",
		Next:        "Next step",
		NotFound:    "I can't find it",
		GuideStep:   "Step {at} of {of}",
		Corrected:   "All right, that is corrected.",
		Remind:      "Are you still there? Take your time, and answer whenever you like.",
		GoOnAsk:     "We stopped in the middle of \"{title}\". Shall we go on?",
		GoOn:        "Go on",
		StartOver:   "Start over",
		GiveUp:      "Forget it",
		GivenUp:     "All right. Just tell me if there is anything else.",
		Details:     "See more",
		OnlyIn:      "(This answer is only available in Chinese.)",
		EventSeen:   "After what just happened, you may want to ask:",

		NativeNotice: "Connecting you to an agent, one moment please.",
		Rate:         "This conversation with our agent has ended. How was it?",
		RateGood:     "Good",
		RateFair:     "Fair",
		RateBad:      "Bad",
		Rated:        "Thank you. You can go on asking me.",
		RatedBad:     "Sorry about that, it is noted. I can get another agent for you if you still need one.",
		Missed:       "An earlier answer may not have reached you. Here it is again:",

		GoOnThere: "You were in the middle of \"{title}\" on {where}. Shall we go on with it here?",
		ReuseAsk:  "You gave {value} before. Use it again?",
		Reuse:     "Use the one from before",
		HeldThere: "An agent is taking care of you already. What you write here reaches them, and they will answer you here.",
		LinkCode: "Your link code is {code}. It is good for 10 minutes and for one use. " +
			"Send it to us on the other channel, and we will know you on both. Please tell it to nobody.",
		LinkAsk: "Link this conversation with the one on {where}? " +
			"Please confirm that both are yours: each then goes on with what was begun in the other, and shows what was said there.",
		LinkYes:    "Both are mine, link them",
		LinkNo:     "Do not link",
		LinkNoSaid: "All right, nothing was linked.",
		LinkedNow:  "Done, this conversation is linked with the one on {where}. Reply \"unlink\" to undo it at any time.",
		LinkTold:   "This conversation was just linked with the one on {where}. If that was not you, please reply \"unlink\" at once.",
		LinkWrong:  "This link code is wrong or has expired. Please go back to the other channel and reply \"link\" for a new one.",
		LinkOwn:    "This link code was made right here. Please send it to us on the other channel.",
		LinkSame:   "The two are linked already.",
		LinkConflict: "These two conversations belong to two different users, so I may not link them. " +
			"Reply \"agent\" if you need help with that.",
		LinkFull:   "Too many conversations are linked. Please reply \"unlink\" on one that you no longer use first.",
		LinkMany:   "Too many wrong link codes. Please try again in an hour.",
		LinkFailed: "Sorry, that did not work just now. Please try again in a moment.",
		Unlinked:   "Unlinked. Nothing of your other conversations is kept here, and nothing of this one there.",
		UnlinkNone: "This conversation is not linked with any other.",
	}
}

// greeting is said on arrival when release.yaml has none.
func (r *Release) greeting() string {
	if r.Language() == "en" {
		return englishGreeting
	}
	return greeting
}

const englishGreeting = "Hello, I am a robot. Reply \"agent\" for a person at any time. Would you like to ask:"

// Words returns what the house says in a language; in the release's own for "", for its own and for one that it has no words in.
// exact tells whether it was that language.
func (r *Release) Words(lang string) (w *Words, exact bool) {
	if w, ok := r.words[lang]; ok {
		return w, true
	}
	own := r.Language()
	return r.words[own], lang == "" || lang == own
}

// Language is the release's own language, "zh" of the locale zh-CN.
func (r *Release) Language() string { return base(r.Locale) }

func base(locale string) string {
	lang, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
	return strings.ToLower(lang)
}

var langForm = regexp.MustCompile(`^[a-z]{2,3}$`)

// languages reads languages: of release.yaml.
func (r *Release) languages(n *script.Node) []script.Finding {
	var findings []script.Finding
	for _, p := range n.Entries("languages") {
		if !langForm.MatchString(p.Name) {
			p.Key.Fault("language", "“"+p.Name+"”不是语言代号", "写成 en、ja 这样的小写代号")
			continue
		}
		w := Words{Texts: r.defaults(p.Name)}
		for _, f := range p.Value.Fields("languages."+p.Name, "greeting", "texts") {
			if f.Name == "texts" {
				findings = append(findings, w.Texts.read(f.Value)...)
			} else if w.Greeting = f.Value.Template("greeting"); w.Greeting != nil {
				findings = append(findings, script.CheckText(w.Greeting)...)
			}
		}
		r.words[p.Name] = &w
		r.spoken[p.Name] = p.Key.Pos
	}
	return findings
}

func (r *Release) defaults(lang string) Texts {
	if lang == "en" {
		return English()
	}
	return r.Texts
}

// speak completes the words of every language: of its own and of English, in which a person can always be told what the house says.
func (r *Release) speak() {
	own := r.Language()
	r.words[own] = &Words{Greeting: r.Greeting, Texts: r.Texts}
	if r.words["en"] == nil {
		r.words["en"] = &Words{Texts: English()}
	}
	for lang, w := range r.words {
		if w.Greeting == nil && lang == "en" {
			w.Greeting, _ = script.ParseTemplate(englishGreeting, script.Pos{})
		} else if w.Greeting == nil {
			w.Greeting = r.Greeting
		}
	}
}
