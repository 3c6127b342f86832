package release

// Texts are the sentences that the house itself says to people; an operator changes any of them under texts: in release.yaml, by
// the yaml name. None may be empty in the end: what the operator leaves out keeps its default.
type Texts struct {
	Miss        string `yaml:"miss"`         // nothing was understood
	MissAgain   string `yaml:"miss_again"`   // nothing was understood twice: offers a human
	Maybe       string `yaml:"maybe"`        // head of an offer between the thresholds
	None        string `yaml:"none"`         // label of the choice 都不是
	NoneSaid    string `yaml:"none_said"`    // answer to it
	Human       string `yaml:"human"`        // label of the choice 人工
	Affirm      string `yaml:"affirm"`       // label of 是, to a question of yes or no
	Deny        string `yaml:"deny"`         // label of 否
	Solved      string `yaml:"solved"`       // label of 已解决
	Unsolved    string `yaml:"unsolved"`     // label of 没解决
	Ask         string `yaml:"ask_solved"`   // 解决了吗
	Thanks      string `yaml:"thanks"`       // answer to 已解决
	Sorry       string `yaml:"sorry"`        // answer to 没解决 outside a dialog
	NotText     string `yaml:"not_text"`     // a place, a card … that no step waits for; and what follows, if only this is written
	Image       string `yaml:"image"`        // an image that no step waits for
	Video       string `yaml:"video"`        // a video
	File        string `yaml:"file"`         // a file
	Voice       string `yaml:"voice"`        // a voice message without recognised text
	Media       string `yaml:"media"`        // an image or file received while a case is open
	Fallback    string `yaml:"fallback"`     // the turn could not be judged (dead letter)
	Gone        string `yaml:"gone"`         // the dialog under way was withdrawn
	Resume      string `yaml:"resume"`       // back in the dialog after a digression
	TooMany     string `yaml:"too_many"`     // a slot was asked for too often
	Notice      string `yaml:"notice"`       // handoff, a seat is there
	NoSeat      string `yaml:"no_seat"`      // handoff, none is
	Ahead       string `yaml:"ahead"`        // what {queue.line} is when somebody waits before the person; else it is nothing
	SeatSpeaks  string `yaml:"seat_speaks"`  // before a seat's words where people see nobody's name
	StillWaits  string `yaml:"still_waits"`  // handoff asked for again while waiting, a seat is there
	Registered  string `yaml:"registered"`   // the same, none is there
	Recalled    string `yaml:"recalled"`     // the person took the case back
	Closed      string `yaml:"closed"`       // a seat closed the case
	InvalidText string `yaml:"invalid_text"` // default words for an invalid value, by type
	InvalidPick string `yaml:"invalid_choice"`
	InvalidNum  string `yaml:"invalid_number"`
	InvalidDate string `yaml:"invalid_date"`
	InvalidTel  string `yaml:"invalid_phone"`
	InvalidYes  string `yaml:"invalid_yesno"`
	InvalidPic  string `yaml:"invalid_image"`
	More        string `yaml:"more"`     // head of related questions
	Patience    string `yaml:"patience"` // still waiting for a seat

	Open      string `yaml:"open"`       // behind the greeting when nothing is likely enough to be offered
	Hello     string `yaml:"hello"`      // answer to 你好 of a person who was greeted a moment ago
	Perhaps   string `yaml:"perhaps"`    // head of likely questions behind miss
	Next      string `yaml:"next"`       // label of 下一步 in a step-by-step answer
	NotFound  string `yaml:"not_found"`  // label of 没找到 in it
	GuideStep string `yaml:"guide_step"` // head of one of its steps: {at} of {of}
	Corrected string `yaml:"corrected"`  // an earlier value was replaced
	Remind    string `yaml:"remind"`     // a dialog waits for an answer
	GoOnAsk   string `yaml:"go_on_ask"`  // back after a long silence: go on with {title}?
	GoOn      string `yaml:"go_on"`      // label: go on
	StartOver string `yaml:"start_over"` // label: from the beginning
	GiveUp    string `yaml:"give_up"`    // label: no more
	GivenUp   string `yaml:"given_up"`   // answer to it
	Details   string `yaml:"details"`    // label of the link of an answer
	OnlyIn    string `yaml:"only_in"`    // foot of an answer that does not exist in the person's language
	EventSeen string `yaml:"event_seen"` // head of likely questions that an event of the product's backend brought

	NativeNotice string `yaml:"native_notice"` // the conversation goes to a seat of the platform's own console
	Rate         string `yaml:"rate"`          // that seat is done: how was it?
	RateGood     string `yaml:"rate_good"`     // label of the best answer to it
	RateFair     string `yaml:"rate_fair"`     // of the middle one
	RateBad      string `yaml:"rate_bad"`      // of the worst
	Rated        string `yaml:"rated"`         // thanks for it
	RatedBad     string `yaml:"rated_bad"`     // and for the worst: offers a human
	Missed       string `yaml:"missed"`        // head of an answer that the platform did not show

	GoOnThere    string `yaml:"go_on_there"`   // a dialog waits in another conversation of the person, on {where}: go on with {title} here?
	ReuseAsk     string `yaml:"reuse_ask"`     // behind a question: {value}, masked, was given in another conversation
	Reuse        string `yaml:"reuse"`         // label: take it
	HeldThere    string `yaml:"held_there"`    // a seat has the person's case in another conversation
	LinkCode     string `yaml:"link_code"`     // tells a link code: {code}
	LinkAsk      string `yaml:"link_ask"`      // link with the conversation on {where}?
	LinkYes      string `yaml:"link_yes"`      // label: link
	LinkNo       string `yaml:"link_no"`       // label: do not
	LinkNoSaid   string `yaml:"link_no_said"`  // answer to it
	LinkedNow    string `yaml:"linked_now"`    // the conversation was linked with the one on {where}
	LinkTold     string `yaml:"link_told"`     // said in the other conversation: it was linked with the one on {where}
	LinkWrong    string `yaml:"link_wrong"`    // there is no such code, or it is too old
	LinkOwn      string `yaml:"link_own"`      // the code was made here
	LinkSame     string `yaml:"link_same"`     // both are linked already
	LinkConflict string `yaml:"link_conflict"` // the product says that they are two users
	LinkFull     string `yaml:"link_full"`     // the person has as many conversations as may be
	LinkMany     string `yaml:"link_many"`     // too many wrong codes
	LinkFailed   string `yaml:"link_failed"`   // the house did not answer
	Unlinked     string `yaml:"unlinked"`      // answer to 解除关联
	UnlinkNone   string `yaml:"unlink_none"`   // the same, when nothing is linked
}

// DefaultTexts are the sentences of a release that changes none.
func DefaultTexts() Texts {
	return Texts{
		Miss:        "抱歉，这个问题我还没看懂。您可以换个说法，或回复“人工”找客服。",
		MissAgain:   "抱歉，我还是没能理解。需要为您转人工客服吗？",
		Maybe:       "您是不是想问：",
		None:        "都不是",
		NoneSaid:    "好的，请用一句话说说您遇到的情况，我再找找看。",
		Human:       "转人工",
		Affirm:      "是",
		Deny:        "否",
		Solved:      "已解决",
		Unsolved:    "没解决",
		Ask:         "这样解决您的问题了吗？",
		Thanks:      "好的，很高兴能帮到您。",
		Sorry:       "抱歉没能帮到您。您可以换个说法，或回复“人工”。",
		NotText:     "收到了。这类消息我暂时看不懂，请用一句话说说您遇到的问题，或回复“人工”。",
		Image:       "图片收到了。图里的内容我还看不懂，请用一句话说说遇到的问题；想让客服看图，就回复“人工”。",
		Video:       "视频收到了。里面的内容我还看不懂，请用一句话说说遇到的问题；想让客服看看，就回复“人工”。",
		File:        "文件收到了。里面的内容我还看不懂，请用一句话说说遇到的问题；想让客服看看，就回复“人工”。",
		Voice:       "语音收到了，可惜没能转成文字。麻烦您打字说一下，或回复“人工”，客服可以听。",
		Media:       "已收到，会一并转给客服。",
		Fallback:    "抱歉，刚才这条消息没能处理好。您可以换个说法再试，或回复“人工”找客服。",
		Gone:        "这个流程刚刚更新过，我们重新来一遍。",
		Resume:      "我们接着刚才的问题：",
		TooMany:     "没关系，这一步先到这里。",
		Notice:      "正在为您转人工，请稍候。",
		NoSeat:      "现在没有客服在线，已为您登记，客服上线后会尽快回复您。",
		Ahead:       "您前面还有 {queue.ahead} 位在排队。",
		SeatSpeaks:  "客服：",
		StillWaits:  "正在为您转人工。{queue.line}请稍候。",
		Registered:  "已为您登记，客服上线后会在这里回复您，不用重复提交。",
		Recalled:    "好的，已取消人工登记。还需要时随时回复“人工”。",
		Closed:      "本次人工服务已结束。还有问题可以直接问我。",
		InvalidText: "这个内容我没看懂，请再说一遍。",
		InvalidPick: "请从上面的选项里选一个，回复数字即可。",
		InvalidNum:  "请回复数字。",
		InvalidDate: "请回复日期，例如 2026-01-28 或 1月28日。",
		InvalidTel:  "请回复 11 位手机号。",
		InvalidYes:  "请回复“是”或“否”。",
		InvalidPic:  "请发一张图片。",
		More:        "您可能还想问：",
		Patience:    "客服还在忙，您的问题已排在队里，不会丢。等待时也可以继续问我。",
		Open:        "请用一句话说说您遇到的问题，我来帮您找答案。",
		Hello:       "您好，我在。您是不是想问：",
		Perhaps:     "也许您想问：",
		Next:        "下一步",
		NotFound:    "没找到",
		GuideStep:   "第 {at} 步（共 {of} 步）",
		Corrected:   "好的，已经改过来了。",
		Remind:      "您还在吗？不着急，想好了随时回复就行。",
		GoOnAsk:     "上次“{title}”办到一半，要接着办吗？",
		GoOn:        "接着办",
		StartOver:   "重新开始",
		GiveUp:      "不办了",
		GivenUp:     "好的，那就不办了。还想问什么，直接告诉我。",
		Details:     "查看详情",
		OnlyIn:      "（这条内容暂时只有中文版。）",
		EventSeen:   "看到您刚才的操作，您可能想问：",

		NativeNotice: "正在为您转接人工客服，请稍候。",
		Rate:         "本次人工服务已结束。您对这次服务还满意吗？",
		RateGood:     "满意",
		RateFair:     "一般",
		RateBad:      "不满意",
		Rated:        "谢谢您的评价。还有问题可以直接问我。",
		RatedBad:     "很抱歉没能让您满意，您的评价已经记下。还需要的话，可以再为您转人工。",
		Missed:       "刚才有一条回复可能没有送到，再发您一次：",

		GoOnThere:    "您在“{where}”办的“{title}”还没办完，要在这里接着办吗？",
		ReuseAsk:     "您之前填过 {value}，这次还用它吗？",
		Reuse:        "用之前填的",
		HeldThere:    "您的问题已经有客服在处理。您在这里说的，客服也能看到，会在这里回复您。",
		LinkCode:     "您的关联码是 {code}，10 分钟内有效，只能用一次。请到您找我们的另一个地方（比如公众号、小程序或网页），把它发给我们，两边的记录就接上了。请不要告诉别人。",
		LinkAsk:      "要把这里和“{where}”的会话关联起来吗？请确认两边都是您本人：关联以后，在哪一边都能接着办没办完的事，也看得到另一边的记录。",
		LinkYes:      "是我本人，关联",
		LinkNo:       "不关联",
		LinkNoSaid:   "好的，没有关联。",
		LinkedNow:    "好了，这里已经和“{where}”的会话关联。想取消，随时回复“解除关联”。",
		LinkTold:     "这个会话刚刚和“{where}”的会话关联了。如果不是您本人操作，请马上回复“解除关联”。",
		LinkWrong:    "这个关联码不对，或者已经过期。请回到拿到它的地方，再回复一次“关联”，换一个新的。",
		LinkOwn:      "这个关联码就是在这里拿的，请到您找我们的另一个地方，把它发给我们。",
		LinkSame:     "这里和那边已经关联好了，不用再关联。",
		LinkConflict: "这两个会话登记的是两个不同的用户，我不能替您合并。需要的话请回复“人工”。",
		LinkFull:     "关联的会话太多了。请先到不用的那一处回复“解除关联”，再来关联。",
		LinkMany:     "关联码输错的次数太多了，请一小时后再试。",
		LinkFailed:   "抱歉，刚才没能办好，请过一会儿再试一次。",
		Unlinked:     "已解除关联。这里不再保留您在别处的内容，别处也不再保留这里的。",
		UnlinkNone:   "这里没有和别的会话关联。",
	}
}
