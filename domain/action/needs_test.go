package action_test

import (
	"testing"

	"daybook/domain/action"
)

func TestNeeds(t *testing.T) {
	t.Parallel()
	const identify = `{"id":"cus_1","email":"a@example.com"}`
	for _, c := range []struct {
		t              action.Type
		payload        string
		earlier        action.Type
		earlierPayload string
		want           bool
	}{
		{action.WorkflowsTrigger, `{"key":"k","recipients":["cus_1"]}`, action.UsersIdentify, identify, true},
		{action.WorkflowsTrigger, `{"key":"k","recipients":["cus_2",{"id":"cus_1"}]}`, action.UsersIdentify, identify, true},
		{action.WorkflowsTrigger, `{"key":"k","recipients":[{"collection":"$users","id":"cus_1"}]}`, action.UsersIdentify, identify, true},
		{action.WorkflowsTrigger, `{"key":"k","recipients":["cus_2"],"actor":"cus_1"}`, action.UsersIdentify, identify, true},
		{action.WorkflowsTrigger, `{"data":{"recipients":["cus_1"]},"key":"k","recipients":["cus_2"]}`, action.UsersIdentify, identify, false},
		{action.WorkflowsTrigger, `{"key":"k","recipients":[{"collection":"teams","id":"cus_1"}]}`, action.UsersIdentify, identify, false},
		{action.WorkflowsTrigger, `{"key":"k","recipients":[{"collection":"teams","id":"a"}]}`, action.ObjectsSet, `{"collection":"teams","id":"a"}`, true},
		{action.WorkflowsTrigger, `{"key":"k","recipients":["x"],"tenant":"acme"}`, action.TenantsSet, `{"id":"acme"}`, true},
		{action.WorkflowsTrigger, `{"key":"k","recipients":["x"],"tenant":{"id":"acme"}}`, action.ObjectsSet, `{"collection":"$tenants","id":"acme"}`, true},
		{action.ObjectsSubscribe, `{"collection":"teams","id":"a","recipients":["x"]}`, action.ObjectsSet, `{"collection":"teams","id":"a"}`, true},
		{action.AudiencesAddMember, `{"key":"beta","members":[{"user":{"id":"cus_1"}}]}`, action.UsersIdentify, identify, true},
		{action.WorkflowsTrigger, `{"key":"k","recipients":["cus_1"]}`, action.UsersDelete, `{"id":"cus_1"}`, false},
		{action.UsersIdentify, identify, action.UsersIdentify, identify, false},
		{action.WorkflowsCancel, `{"key":"k","cancellation_key":"c","recipients":["cus_1"]}`, action.UsersIdentify, identify, false},
		{action.WorkflowsTrigger, `{"key":"k"}`, action.UsersIdentify, `{}`, false},
		{action.WorkflowsTrigger, ``, action.UsersIdentify, identify, false},
	} {
		if got := action.Needs(c.t, []byte(c.payload), c.earlier, []byte(c.earlierPayload)); got != c.want {
			t.Errorf("%s %s after %s %s: %v", c.t, c.payload, c.earlier, c.earlierPayload, got)
		}
	}
}
