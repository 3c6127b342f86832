package person

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Link codes are kept in the vault under their key alone, so that who reads the store finds none that could be typed.

func codeKey(key string) string { return "person/code/" + key }

// codeOf names the code that a conversation was told last: a new one makes it void.
func codeOf(a chat.Address) string { return key("code-of", a) }

// answer is what a turn hears.
type answer struct {
	State string `json:"state"`
	Code  string `json:"code,omitempty"`
	Where string `json:"where,omitempty"`
}

// Answers are what the house answers to turns about the person's other conversations, by the name of the question.
func (p *People) Answers() map[string]func(context.Context, dialog.Call) (any, error) {
	return map[string]func(context.Context, dialog.Call) (any, error){
		dialog.AskLinkMake: p.makeCode, dialog.AskLinkLook: p.lookCode, dialog.AskLinkTake: p.takeCode, dialog.AskLinkUndo: p.undo,
	}
}

func (p *People) makeCode(ctx context.Context, c dialog.Call) (any, error) {
	code, err := dialog.NewCode(p.d.Random)
	if err != nil {
		return nil, err
	}
	if err := p.dropCode(ctx, c.Conversation); err != nil {
		return nil, err
	}
	k := dialog.CodeKey(code)
	if err := p.d.Vault.Put(ctx, codeOf(c.Conversation), k, dialog.CodeLasts); err != nil {
		return nil, err
	}
	if err := p.d.Vault.Put(ctx, codeKey(k), c.Conversation.String(), dialog.CodeLasts); err != nil {
		return nil, err
	}
	p.d.Count("link_codes", "made")
	return answer{State: dialog.LinkMade, Code: code}, nil
}

// dropCode makes the code of a conversation void.
func (p *People) dropCode(ctx context.Context, a chat.Address) error {
	k, err := p.d.Vault.Get(ctx, codeOf(a))
	if err != nil || k == "" {
		return err
	}
	return errors.Join(p.d.Vault.Drop(ctx, codeKey(k), a.String()), p.d.Vault.Drop(ctx, codeOf(a), k))
}

// lookCode tells whose a code is, by channel alone, and changes nothing.
func (p *People) lookCode(ctx context.Context, c dialog.Call) (any, error) {
	_, a, err := p.look(ctx, c)
	return a, err
}

func (p *People) look(ctx context.Context, c dialog.Call) (from chat.Address, a answer, err error) {
	text, err := p.d.Vault.Get(ctx, codeKey(c.With["key"]))
	if err != nil {
		return from, a, err
	}
	from, bad := chat.ParseAddress(text)
	if known := text != "" && bad == nil && p.d.Channel(from.Channel); !known {
		p.d.Count("link_codes", "wrong")
		return from, answer{State: dialog.LinkUnknown}, nil
	}
	if from == c.Conversation {
		return from, answer{State: dialog.LinkOwn}, nil
	}
	here, err := p.d.Kept.Linked(ctx, c.Conversation)
	if err != nil {
		return from, a, err
	}
	there, err := p.d.Kept.Linked(ctx, from)
	if err != nil {
		return from, a, err
	}
	a = answer{State: dialog.LinkFound, Where: p.d.Where(from.Channel)}
	switch {
	case here.User != "" && here.User == there.User:
		a.State = dialog.LinkSame
	case here.User != "" && there.User != "" && !made(here.User) && !made(there.User):
		a.State = dialog.LinkConflict
	}
	return from, a, nil
}

// taking is how long one conversation has a code for itself: shorter than a lease, so that a turn that is judged again after its process
// died finds it free.
const taking = 3 * time.Second

// takeCode spends a code. The answer is kept under the key of the call, so that the turn that asks again hears the same.
func (p *People) takeCode(ctx context.Context, c dialog.Call) (any, error) {
	done := "person/taken/" + c.Key
	if said, err := p.d.Vault.Get(ctx, done); err != nil || said != "" {
		var a answer
		if err == nil {
			err = json.Unmarshal([]byte(said), &a)
		}
		return a, err
	}
	unlock, ok, err := p.d.Vault.Lock(ctx, codeKey(c.With["key"]), taking)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if !ok {
		return nil, errors.New("the code is being used in another conversation")
	}
	from, a, err := p.look(ctx, c)
	if err != nil || a.State != dialog.LinkFound {
		return a, err
	}
	for _, each := range []chat.Address{from, c.Conversation} {
		if err := p.erase(ctx, apartKey(each)); err != nil {
			return nil, err
		}
	}
	switch err := p.Join(ctx, c.Conversation, from, p.d.Where(c.Conversation.Channel)); {
	case errors.Is(err, session.ErrTwoUsers):
		return answer{State: dialog.LinkConflict}, nil
	case errors.Is(err, session.ErrFull):
		return answer{State: dialog.LinkFull}, nil
	case err != nil:
		return nil, err
	}
	a.State = dialog.LinkDone
	said, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	p.d.Count("link_codes", "taken")
	return a, errors.Join(p.d.Vault.Put(ctx, done, string(said), dialog.CodeLasts), p.dropCode(ctx, from))
}

// undo takes a conversation away from the person's others, by their own wish: a platform's id alone does not bring it back.
func (p *People) undo(ctx context.Context, c dialog.Call) (any, error) {
	_, others, err := p.Of(ctx, c.Conversation)
	if err != nil {
		return nil, err
	}
	if len(others) == 0 {
		return answer{State: dialog.LinkNone}, nil
	}
	if err := p.d.Vault.Put(ctx, apartKey(c.Conversation), "apart", session.KeepUser); err != nil {
		return nil, err
	}
	return answer{State: dialog.LinkDone}, errors.Join(p.dropCode(ctx, c.Conversation), p.Unlink(ctx, "", c.Conversation))
}
