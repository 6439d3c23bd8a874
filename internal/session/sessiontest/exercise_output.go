package sessiontest

import (
	"strings"
	"testing"

	"hearth/internal/session"
)

func outputRules() []rule {
	return []rule{
		{"AppendOutput_Replayed_IsStoredOnce", replayedOutput},
		{"Output_AppendedOutOfOrder_IsReadBySeq", outputOrder},
		{"Output_EveryField_SurvivesTheRoundTrip", outputFields},
		{"AppendOutput_UnknownStatement_IsNotFound", orphanOutput},
		{"AppendOutput_Nothing_DoesNothing", noOutput},
		{"AppendOutput_TenMebibytes_AreKept", hugeOutput},
	}
}

func appendOutput(t *testing.T, store session.Store, id string, number int64, out ...session.Output) {
	t.Helper()
	write(t, store, func(tx session.Tx) error { return tx.AppendOutput(t.Context(), id, number, out) })
}

func wantOutput(t *testing.T, r session.Reader, id string, number int64, want ...session.Output) {
	t.Helper()
	got, err := r.Output(t.Context(), id, number)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "output", got, want)
}

func replayedOutput(t *testing.T, store session.Store) {
	id := add(t, store).ID
	addStatement(t, store, id, 1)
	addStatement(t, store, id, 2)
	a := session.Output{Seq: 5, Stream: "stdout", Text: "a"}
	b := session.Output{Seq: 6, Stream: "stderr", Text: "b"}
	c := session.Output{Seq: 7, Stream: "stdout", Text: "c"}
	appendOutput(t, store, id, 1, a, b)
	changed := session.Output{Seq: 5, Stream: "stdout", Text: "a again"}
	appendOutput(t, store, id, 1, changed, b, c, c)
	appendOutput(t, store, id, 2, a)
	wantOutput(t, store, id, 1, a, b, c)
	wantOutput(t, store, id, 2)
	other := add(t, store).ID
	addStatement(t, store, other, 1)
	appendOutput(t, store, other, 1, a)
	wantOutput(t, store, other, 1, a)
}

func outputOrder(t *testing.T, store session.Store) {
	id := add(t, store).ID
	addStatement(t, store, id, 1)
	addStatement(t, store, id, 2)
	out := func(seq uint64) session.Output { return session.Output{Seq: seq, Stream: "stdout", Text: "x"} }
	appendOutput(t, store, id, 1, out(10), out(9))
	appendOutput(t, store, id, 2, out(4))
	appendOutput(t, store, id, 1, out(100), out(2))
	wantOutput(t, store, id, 1, out(2), out(9), out(10), out(100))
	wantOutput(t, store, id, 2, out(4))
}

func outputFields(t *testing.T, store session.Store) {
	id := add(t, store).ID
	addStatement(t, store, id, 1)
	raw := session.Output{Seq: 1<<53 + 1, Stream: "stdout", Text: "bytes of a program: \x00 \xff \x1b[31m 日本\r\n"}
	rich := session.Output{Seq: 1<<53 + 2, Data: map[string]string{"text/html": "<b>ü</b>\x00", "text/plain": ""}}
	bare := session.Output{Seq: 1<<53 + 3}
	appendOutput(t, store, id, 1, raw, rich, bare)
	wantOutput(t, store, id, 1, raw, rich, bare)
}

func orphanOutput(t *testing.T, store session.Store) {
	id := add(t, store).ID
	for _, sessionID := range []string{id, "nobody"} {
		err := store.WithTx(t.Context(), func(tx session.Tx) error {
			return tx.AppendOutput(t.Context(), sessionID, 1, []session.Output{{Seq: 1, Text: "x"}})
		})
		wantError(t, err, session.NotFound, session.ReasonNoStatement)
	}
	if out, err := store.Output(t.Context(), id, 1); len(out) != 0 || err != nil {
		t.Errorf("Output = %v, %v, want none", out, err)
	}
}

func noOutput(t *testing.T, store session.Store) {
	id := add(t, store).ID
	addStatement(t, store, id, 1)
	appendOutput(t, store, id, 1)
	wantOutput(t, store, id, 1)
}

func hugeOutput(t *testing.T, store session.Store) {
	id := add(t, store).ID
	addStatement(t, store, id, 1)
	huge := session.Output{Seq: 1, Stream: "stdout", Text: strings.Repeat("0123456789abcde\n", 10<<20/16)}
	appendOutput(t, store, id, 1, huge)
	got, err := store.Output(t.Context(), id, 1)
	if err != nil || len(got) != 1 || got[0].Text != huge.Text {
		t.Errorf("10 MiB did not come back as they went: %d outputs, %v", len(got), err)
	}
}
