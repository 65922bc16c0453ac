/* SPDX-License-Identifier: ISC */
/*
 * keyvalue: JSON values under keys, kept in an SQLite database which all
 * workers share.
 *
 *	mount "/store" {
 *		module = "keyvalue.so"
 *		write = "/var/lib/keyvalue"
 *		set { database = "/var/lib/keyvalue/keyvalue.db" }
 *	}
 *
 *	PUT /keys/{key}		stores the body: 201 new, 204 replaced
 *	GET /keys/{key}		200 and the value, or 404
 *	DELETE /keys/{key}	204, or 404
 *	GET /keys?after=&limit=	{"keys": ["a", "b"], "next": "b"}, in order;
 *				next is what to ask for after, if there is more
 *
 * Such short statements take microseconds, so they may run on the worker's
 * loop.  What takes longer belongs to an asynchronous library (see
 * cohort/wait.h).
 */
#include <cohort/cohort.h>

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE_MAX 256
#define VALUE_LIMIT  "64k"
#define LIST_MAX     1000
#define BUSY_MS      2000 /* wait so long for another worker's write */

enum statement {
	FIND,
	STORE,
	REMOVE,
	LIST,
	STATEMENT_COUNT
};

static const char *const statements[STATEMENT_COUNT] = {
	[FIND] = "SELECT value FROM entry WHERE key = ?1",
	[STORE] = "INSERT INTO entry (key, value) VALUES (?1, ?2)"
		  " ON CONFLICT (key) DO UPDATE"
		  " SET value = excluded.value, revision = revision + 1"
		  " RETURNING revision",
	[REMOVE] = "DELETE FROM entry WHERE key = ?1 RETURNING key",
	[LIST] = "SELECT key FROM entry WHERE key > ?1"
		 " ORDER BY key LIMIT ?2",
};

static const char schema[] =
    "PRAGMA journal_mode = WAL;" /* readers do not wait for a writer */
    "PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS entry ("
    " key TEXT PRIMARY KEY,"
    " value TEXT NOT NULL,"
    " revision INTEGER NOT NULL DEFAULT 1"
    ") WITHOUT ROWID;";

/* What the module has in each worker: context of its hooks and handlers. */
struct store {
	struct cohort_app *app;
	const char *path;
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENT_COUNT];
};

/* Requests. */

/* Whatever SQLite says is for the log; the client learns the status. */
static enum cohort_verdict
fail(struct cohort_request *request, struct store *store)
{
	int busy = sqlite3_errcode(store->database) == SQLITE_BUSY;

	return cohort_fail(request, busy ? 503 : 500, "%s: %s", store->path,
	    sqlite3_errmsg(store->database));
}

/* A statement with text for its ?1, which must live until finish. */
static sqlite3_stmt *
begin(struct store *store, enum statement which, const char *text)
{
	sqlite3_stmt *statement = store->statements[which];

	sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
	return statement;
}

static enum cohort_verdict
finish(sqlite3_stmt *statement, enum cohort_verdict verdict)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return verdict;
}

static enum cohort_verdict
get_value(struct cohort_request *request, void *context)
{
	struct store *store = (struct store *)context;
	sqlite3_stmt *find =
	    begin(store, FIND, cohort_path_param(request, "key"));
	const char *value;

	switch (sqlite3_step(find)) {
	case SQLITE_ROW:
		value = (const char *)sqlite3_column_text(find, 0);
		return finish(find,
		    cohort_reply_json(request, 200, value,
			(size_t)sqlite3_column_bytes(find, 0)));
	case SQLITE_DONE:
		return finish(find, cohort_refuse(request, 404, "no such key"));
	default:
		return finish(find, fail(request, store));
	}
}

/* Keys appear in JSON, so they have to be UTF-8. */
static bool
key_is_valid(const char *key)
{
	json_t *text = json_string(key);
	bool is_utf8 = text != NULL;

	json_decref(text);
	return is_utf8 && strlen(key) <= KEY_SIZE_MAX;
}

static enum cohort_verdict
put_value(struct cohort_request *request, void *context)
{
	struct store *store = (struct store *)context;
	const char *key = cohort_path_param(request, "key");
	struct cohort_str body = cohort_body(request);
	sqlite3_stmt *put;
	json_error_t error;
	json_t *value;
	int created;

	if (!key_is_valid(key))
		return cohort_refuse(request, 400,
		    "a key is UTF-8 of at most %d bytes", KEY_SIZE_MAX);
	value = json_loadb(body.data, body.size,
	    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
	if (value == NULL)
		return cohort_refuse(request, 400, "not JSON: line %d: %s",
		    error.line, error.text);
	json_decref(value);

	put = begin(store, STORE, key);
	sqlite3_bind_text(put, 2, body.data, (int)body.size, SQLITE_STATIC);
	if (sqlite3_step(put) != SQLITE_ROW)
		return finish(put, fail(request, store));
	created = sqlite3_column_int(put, 0) == 1;
	if (sqlite3_step(put) != SQLITE_DONE) /* this commits */
		return finish(put, fail(request, store));
	return finish(put, cohort_reply_empty(request, created ? 201 : 204));
}

static enum cohort_verdict
delete_value(struct cohort_request *request, void *context)
{
	struct store *store = (struct store *)context;
	sqlite3_stmt *drop =
	    begin(store, REMOVE, cohort_path_param(request, "key"));
	int result = sqlite3_step(drop);
	bool found = result == SQLITE_ROW;

	if (found)
		result = sqlite3_step(drop);
	if (result != SQLITE_DONE)
		return finish(drop, fail(request, store));
	if (!found)
		return finish(drop, cohort_refuse(request, 404, "no such key"));
	return finish(drop, cohort_reply_empty(request, 204));
}

static enum cohort_verdict
reply_list(struct cohort_request *request, json_t *keys, bool more)
{
	json_t *last = json_array_get(keys, json_array_size(keys) - 1);
	json_t *list = more ?
	    json_pack("{s:O, s:O}", "keys", keys, "next", last) :
	    json_pack("{s:O}", "keys", keys);
	char *text = json_dumps(list, JSON_COMPACT);

	json_decref(list);
	if (text == NULL)
		return cohort_fail(request, 500, "the list has no text");
	return cohort_reply_owned(
	    request, 200, "application/json", text, strlen(text), free, text);
}

static enum cohort_verdict
list_keys(struct cohort_request *request, void *context)
{
	struct store *store = (struct store *)context;
	const char *after = cohort_query(request, "after");
	const char *limit_text = cohort_query(request, "limit");
	enum cohort_verdict verdict;
	int64_t limit = 100;
	sqlite3_stmt *list;
	json_t *keys;
	int result;

	if (limit_text != NULL &&
	    cohort_number(limit_text, 1, LIST_MAX, &limit) == -1)
		return cohort_refuse(request, 400,
		    "limit is a whole number from 1 to %d", LIST_MAX);
	list = begin(store, LIST, after == NULL ? "" : after);
	sqlite3_bind_int64(list, 2, limit + 1); /* one more: is there more? */
	keys = json_array();
	while ((result = sqlite3_step(list)) == SQLITE_ROW &&
	    json_array_size(keys) < (size_t)limit)
		json_array_append_new(keys,
		    json_string((const char *)sqlite3_column_text(list, 0)));
	if (result == SQLITE_ROW || result == SQLITE_DONE)
		verdict = reply_list(request, keys, result == SQLITE_ROW);
	else
		verdict = fail(request, store);
	json_decref(keys);
	return finish(list, verdict);
}

/* The worker. */

static void
close_store(struct cohort_worker *worker, void *context)
{
	struct store *store = (struct store *)context;
	size_t i;

	(void)worker;
	for (i = 0; i < STATEMENT_COUNT; i++) {
		sqlite3_finalize(store->statements[i]);
		store->statements[i] = NULL;
	}
	sqlite3_close(store->database);
	store->database = NULL;
}

static int
prepare(struct store *store)
{
	size_t i;

	for (i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(store->database, statements[i], -1,
			SQLITE_PREPARE_PERSISTENT, &store->statements[i],
			NULL) != SQLITE_OK)
			return -1;
	return 0;
}

/*
 * Workers start together, and while one of them makes the database a WAL one
 * the others are told SQLITE_BUSY at once, whatever the timeout.  A start
 * hook may block, so they try again.
 */
static int
apply_schema(sqlite3 *database)
{
	int result, waited_ms = 0;

	while ((result = sqlite3_exec(database, schema, NULL, NULL, NULL)) ==
		SQLITE_BUSY &&
	    waited_ms < BUSY_MS)
		waited_ms += sqlite3_sleep(10);
	return result;
}

/*
 * One connection in each worker, opened here and not in setup: start hooks
 * run in the worker itself, and a connection must not be carried across a
 * fork.
 */
static int
open_store(struct cohort_worker *worker, void *context)
{
	struct store *store = (struct store *)context;
	char reason[256];

	if (sqlite3_open(store->path, &store->database) == SQLITE_OK &&
	    sqlite3_busy_timeout(store->database, BUSY_MS) == SQLITE_OK &&
	    apply_schema(store->database) == SQLITE_OK && prepare(store) == 0)
		return 0;
	snprintf(reason, sizeof(reason), "%s", sqlite3_errmsg(store->database));
	close_store(worker, store);
	return cohort_setup_error(store->app, "%s: %s", store->path, reason);
}

/*
 * Declares everything and checks nothing in between: the first error stays
 * and makes set-up fail.
 */
static int
setup(struct cohort_app *app)
{
	static const char key; /* its address is the key of our state */
	struct store *store = (struct store *)calloc(1, sizeof(*store));

	if (store == NULL)
		return cohort_setup_error(app, "out of memory");
	cohort_state_set(app, &key, store, free); /* frees it at the end */
	store->app = app;
	store->path = cohort_setting(app, "database", NULL);
	if (store->path == NULL)
		return cohort_setup_error(app,
		    "database is not set: the path of a file that the "
		    "workers' user may write, and its directory as well");

	cohort_on_start(app, open_store, store);
	cohort_on_stop(app, close_store, store);
	cohort_option(app, "body_limit", VALUE_LIMIT);
	cohort_get(app, "/keys", list_keys, store);
	cohort_get(app, "/keys/{key}", get_value, store);
	cohort_put(app, "/keys/{key}", put_value, store);
	cohort_delete(app, "/keys/{key}", delete_value, store);
	return 0;
}

COHORT_MODULE("keyvalue", setup);
