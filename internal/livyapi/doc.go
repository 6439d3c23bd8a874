// Package livyapi is what Apache Livy's REST API and the APIs that were made from it (Huawei DLI's
// sessions) have in common: how a body is read field by field, how lists and logs are paged by
// position, and how the output of a statement looks.
//
// It holds no route, no status and no error of any API, and no state: functions over bytes and
// domain values. A dialect says what is a field, what a refusal looks like, and where it differs.
package livyapi
