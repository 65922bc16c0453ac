/* SPDX-License-Identifier: ISC */
/*
 * How many connections each client has here.  A client is an IPv4 address, or
 * the first half of an IPv6 address, since whoever has one of these has all
 * the rest; it has an entry as long as it has connections.  The table's hash
 * has a key of its own in every worker, so that nobody can choose addresses
 * that meet in one bucket.
 */
#include <string.h>

#include "base/base_memory.h"
#include "conn/conn_private.h"
#include "conn/conn_refuse.h"

#define BUCKETS_MAX  ((size_t)1 << 20)
#define CLIENTS_KEPT 1024
#define IPV6_BITS    64
#define LOG_MS       1000 /* between two lines about refusals */

struct conn_client {
	struct conn_client *next; /* in its bucket */
	struct network_address address;
	uint64_t count;
};

void
conn_clients_init(struct conn_set *set)
{
	struct conn_clients *clients = &set->clients;
	size_t count = 64;

	if (set->settings.client_max == 0)
		return;
	while (count < set->settings.row_count && count < BUCKETS_MAX)
		count *= 2;
	clients->bucket_count = count;
	clients->buckets =
	    memory_alloc_array(count, sizeof(struct conn_client *));
	hash_key_make(&clients->key);
	conn_pool_init(
	    &clients->pool, sizeof(struct conn_client), CLIENTS_KEPT);
}

void
conn_clients_fini(struct conn_set *set)
{
	if (set->settings.client_max == 0)
		return;
	conn_pool_fini(&set->clients.pool);
	memory_free(set->clients.buckets);
}

static struct conn_client **
bucket_of(struct conn_clients *clients, const struct network_address *address)
{
	uint64_t word;

	memcpy(&word, address->bytes, sizeof(word));
	return &clients->buckets[hash_word(&clients->key, word) &
	    (clients->bucket_count - 1)];
}

static struct conn_client *
find_or_add(struct conn_clients *clients, const struct network_address *address)
{
	struct conn_client **bucket = bucket_of(clients, address), *client;

	for (client = *bucket; client != NULL; client = client->next)
		if (network_address_is_equal(&client->address, address))
			return client;
	client = conn_pool_take(&clients->pool);
	*client = (struct conn_client) {
		.next = *bucket,
		.address = *address,
	};
	*bucket = client;
	return client;
}

static void
remove_client(struct conn_clients *clients, struct conn_client *client)
{
	struct conn_client **place = bucket_of(clients, &client->address);

	while (*place != client)
		place = &(*place)->next;
	*place = client->next;
	conn_pool_give(&clients->pool, client);
}

void
conn_client_count(struct conn *conn)
{
	struct conn_set *set = conn->set;
	struct network_address client = conn->peer.address;

	if (set->settings.client_max == 0 || conn->client != NULL ||
	    (client.family != NETWORK_IPV4 && client.family != NETWORK_IPV6) ||
	    conn->is_trusted)
		return;
	if (client.family == NETWORK_IPV6)
		network_address_mask(&client, IPV6_BITS);
	conn->client = find_or_add(&set->clients, &client);
	conn->client->count++;
}

void
conn_client_leave(struct conn *conn)
{
	struct conn_client *client = conn->client;

	conn->client = NULL;
	if (client != NULL && --client->count == 0)
		remove_client(&conn->set->clients, client);
}

/* A client that tries on and on fills no log. */
static void
log_refusal(struct conn *conn)
{
	struct conn_clients *clients = &conn->set->clients;
	uint64_t now_ms = conn_deadlines_now(&conn->set->deadlines);

	clients->refused++;
	if (clients->logged_ms != 0 && now_ms - clients->logged_ms < LOG_MS)
		return;
	log_enter(&conn->scope);
	log_warn("refused, as its client has max_client_connections already; "
		 "%llu since the last such line",
	    (unsigned long long)clients->refused);
	log_leave(&conn->scope);
	clients->refused = 0;
	clients->logged_ms = now_ms;
}

bool
conn_client_admit(struct conn *conn)
{
	const struct conn_settings *settings = &conn->set->settings;

	conn_client_count(conn);
	if (conn->client == NULL || conn->client->count <= settings->client_max)
		return true;
	log_refusal(conn);
	conn_refuse(
	    conn->fd, settings->client_refusal, settings->client_refusal_size);
	conn_close(conn, CONN_CLOSE_CLIENT_LIMIT, false);
	return false;
}
