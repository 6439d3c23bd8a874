package glue

import (
	"context"
	"strings"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

func (d *api) tagResource(ctx context.Context, in *glueapi.TagResourceRequest) (*glueapi.TagResourceResponse, error) {
	if err := checkTags(in.TagsToAdd); err != nil {
		return nil, err
	}
	s, err := d.byARN(ctx, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, d.Manager.Tag(ctx, s.Ref, in.TagsToAdd, maxTags)
}

func (d *api) untagResource(ctx context.Context, in *glueapi.UntagResourceRequest) (*glueapi.UntagResourceResponse, error) {
	s, err := d.byARN(ctx, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, d.Manager.Untag(ctx, s.Ref, in.TagsToRemove)
}

func (d *api) getTags(ctx context.Context, in *glueapi.GetTagsRequest) (*glueapi.GetTagsResponse, error) {
	s, err := d.byARN(ctx, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags := s.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return &glueapi.GetTagsResponse{Tags: tags}, nil
}

// byARN finds the session behind arn:<partition>:glue:<region>:<account>:session/<Id>. Of a session
// elsewhere the caller learns no more than that it is not here.
func (d *api) byARN(ctx context.Context, text string) (session.Session, error) {
	arn, err := awsapi.ParseARN(text)
	if err != nil || arn.Service != Name {
		return session.Session{}, invalid("ResourceArn is not the ARN of a Glue resource.")
	}
	kind, id, _ := strings.Cut(arn.Resource, "/")
	if id == "" {
		return session.Session{}, invalid("ResourceArn does not name a resource.")
	}
	caller := auth.From(ctx)
	if kind != "session" || arn.Region != caller.Region || arn.Account != caller.Account {
		return session.Session{}, &session.Error{Kind: session.NotFound, Msg: "Resource " + shorten(text) + " not found"}
	}
	s, err := d.Manager.Get(ctx, ref(ctx, id))
	reqevent.From(ctx).SessionID = s.ID
	return s, err
}

// checkTags holds what the model's constraints leave open: "aws:" is reserved for AWS in every
// service's tags.
func checkTags(tags map[string]string) error {
	for key := range tags {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalid("Tag keys must not begin with aws:.")
		}
	}
	return nil
}
