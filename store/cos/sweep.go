package cos

import (
	"context"
	"errors"
	"fmt"
	"time"

	tencent "github.com/tencentyun/cos-go-sdk-v5"
)

// Forget removes everything whose id begins with prefix, of at least two characters. Nothing of that kind is no error. COS lists what
// was put a moment ago with a delay (its documentation: eventually), so that a medium which is being put may stay until it is swept.
func (b *Bucket) Forget(ctx context.Context, prefix string) error {
	if len(prefix) < 2 || !ids.MatchString(prefix+"aaa") {
		return fmt.Errorf("prefix %.20q is none of a medium's id", prefix)
	}
	_, err := b.remove(ctx, b.prefix+prefix, func(tencent.Object) (bool, error) { return true, nil })
	return err
}

// Sweep removes what was put before t; n is how many. It lists the whole prefix: 1000 objects a call.
func (b *Bucket) Sweep(ctx context.Context, t time.Time) (n int, err error) {
	return b.remove(ctx, b.prefix, func(o tencent.Object) (bool, error) {
		put, err := time.Parse(time.RFC3339, o.LastModified)
		if err != nil {
			return false, errors.New("COS list: an object has no date")
		}
		return put.Before(t), nil
	})
}

const page = 1000 // most that COS lists or deletes in one call

// remove deletes the objects below prefix that old picks. Names that are no ids are another's and stay.
func (b *Bucket) remove(ctx context.Context, prefix string, old func(tencent.Object) (bool, error)) (n int, err error) {
	for marker := ""; ; {
		list, _, err := b.client.Bucket.Get(ctx, &tencent.BucketGetOptions{Prefix: prefix, Marker: marker, MaxKeys: page})
		if err != nil {
			return n, told(ctx, "list", err)
		}
		var gone []tencent.Object
		last := marker
		for _, o := range list.Contents {
			last = o.Key
			if !ids.MatchString(o.Key[min(len(b.prefix), len(o.Key)):]) {
				continue
			}
			yes, err := old(o)
			if err != nil {
				return n, err
			}
			if yes {
				gone = append(gone, tencent.Object{Key: o.Key})
			}
		}
		if err := b.delete(ctx, gone); err != nil {
			return n, err
		}
		n += len(gone)
		if list.NextMarker > last {
			last = list.NextMarker
		}
		if !list.IsTruncated || last <= marker { // the latter would never end
			return n, nil
		}
		marker = last
	}
}

func (b *Bucket) delete(ctx context.Context, all []tencent.Object) error {
	if len(all) == 0 {
		return nil
	}
	result, _, err := b.client.Object.DeleteMulti(ctx, &tencent.ObjectDeleteMultiOptions{Quiet: true, Objects: all})
	if err != nil {
		return told(ctx, "delete", err)
	}
	if len(result.Errors) > 0 {
		return fmt.Errorf("COS delete: %d of %d objects stay: %s", len(result.Errors), len(all), result.Errors[0].Code)
	}
	return nil
}
