/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/base_arena.h"
#include "base/base_poison.h"
#include "test_unit.h"

#define BLOCK 1024
#define KEEP  2
#define LIMIT (16 * BLOCK)

#ifdef POISON_IS_ON
#define IS_POISONED(pointer) __asan_address_is_poisoned(pointer)
#define POISON_WORKS         true
#else
#define IS_POISONED(pointer) ((void)(pointer), false)
#define POISON_WORKS         false
#endif

static struct arena_pool *pool;
static struct arena arena;

static void
set_up(void)
{
	pool = arena_pool_new(BLOCK, KEEP);
	arena_init(&arena, pool, LIMIT);
}

static void
tear_down(void)
{
	arena_reset(&arena);
	arena_pool_free(&pool);
	ck_assert_ptr_null(pool);
}

static bool
is_aligned(const void *pointer)
{
	return (uintptr_t)pointer % alignof(max_align_t) == 0;
}

START_TEST(pieces_are_zeroed_aligned_and_apart)
{
	unsigned char *pieces[100];
	size_t i, j;

	for (i = 0; i < 100; i++) {
		pieces[i] = arena_alloc(&arena, i);
		ck_assert(is_aligned(pieces[i]));
		for (j = 0; j < i; j++)
			ck_assert_uint_eq(pieces[i][j], 0);
		memset(pieces[i], (int)i, i);
	}
	for (i = 0; i < 100; i++)
		for (j = 0; j < i; j++)
			ck_assert_uint_eq(pieces[i][j], i);
}
END_TEST

START_TEST(empty_pieces_are_distinct)
{
	void *first = arena_alloc(&arena, 0);

	ck_assert_ptr_ne(first, arena_alloc(&arena, 0));
}
END_TEST

START_TEST(zeroed_even_when_the_block_was_used_before)
{
	unsigned char *data;
	size_t i;

	memset(arena_alloc_raw(&arena, BLOCK), 0xff, BLOCK);
	arena_reset(&arena);
	data = arena_alloc(&arena, BLOCK);
	for (i = 0; i < BLOCK; i++)
		ck_assert_uint_eq(data[i], 0);
}
END_TEST

START_TEST(reset_gives_blocks_back_for_reuse)
{
	void *first = arena_alloc_raw(&arena, 100);
	void *second = arena_alloc_raw(&arena, BLOCK);
	void *again;

	ck_assert_uint_eq(arena.total, 2 * BLOCK);
	arena_reset(&arena);
	ck_assert_uint_eq(arena.total, 0);
	ck_assert_ptr_null(arena.blocks);
	again = arena_alloc_raw(&arena, BLOCK);
	ck_assert(again == first || again == second);
	again = arena_alloc_raw(&arena, BLOCK);
	ck_assert(again == first || again == second);
}
END_TEST

START_TEST(rewound_it_keeps_its_first_block)
{
	char *first;

	arena_rewind(&arena);
	ck_assert_uint_eq(arena.total, BLOCK);
	first = arena_alloc_raw(&arena, 100);
	arena_alloc_raw(&arena, BLOCK - 200);
	arena_rewind(&arena);
	ck_assert_uint_eq(arena.total, BLOCK);
	ck_assert_ptr_eq(arena_alloc_raw(&arena, BLOCK), first);
	if (POISON_WORKS) {
		arena_rewind(&arena);
		ck_assert(IS_POISONED(first));
	}
}
END_TEST

START_TEST(rewound_it_gives_more_blocks_back)
{
	size_t left;
	int i;

	arena_rewind(&arena);
	left = arena_left(&arena);
	for (i = 0; i < 3; i++)
		arena_alloc_raw(&arena, BLOCK);
	arena_rewind(&arena);
	ck_assert_uint_eq(arena.total, BLOCK);
	ck_assert_uint_eq(arena_left(&arena), left);
	arena_alloc_raw(&arena, 2 * BLOCK);
	arena_rewind(&arena);
	ck_assert_uint_eq(arena.total, BLOCK);
	ck_assert_uint_eq(arena_left(&arena), left);
}
END_TEST

/* Of a block larger than the limit a part is used, each time the same. */
START_TEST(rewound_it_has_the_same_room)
{
	static const size_t limits[] = { BLOCK / 2, BLOCK, LIMIT };
	struct arena other, moved;
	size_t left;

	arena_init(&other, pool, limits[_i]);
	arena_rewind(&other);
	left = arena_left(&other);
	arena_alloc_raw(&other, left);
	arena_rewind(&other);
	ck_assert_uint_eq(arena_left(&other), left);
	arena_init(&moved, pool, LIMIT);
	arena_move(&other, &moved);
	arena_rewind(&other);
	ck_assert_uint_eq(arena_left(&other), left);
	arena_reset(&moved);
	arena_reset(&other);
}
END_TEST

/* The sanitizer gives no freed address out again soon: what comes back was
 * kept. */
START_TEST(pool_keeps_as_many_blocks_as_told)
{
	void *before[2 * KEEP], *again;
	int i, j, count = 0;

	for (i = 0; i < 2 * KEEP; i++)
		before[i] = arena_alloc_raw(&arena, BLOCK);
	arena_reset(&arena);
	for (i = 0; i < 2 * KEEP; i++) {
		again = arena_alloc_raw(&arena, BLOCK);
		for (j = 0; j < 2 * KEEP; j++)
			count += again == before[j];
	}
	ck_assert_int_ge(count, KEEP);
	if (POISON_WORKS)
		ck_assert_int_eq(count, KEEP);
}
END_TEST

START_TEST(two_arenas_of_a_pool_do_not_share_blocks)
{
	struct arena other;
	char *ours, *theirs;

	arena_init(&other, pool, LIMIT);
	ours = arena_alloc(&arena, 10);
	theirs = arena_alloc(&other, 10);
	ck_assert(theirs >= ours + BLOCK || ours >= theirs + BLOCK);
	arena_reset(&other);
	memset(ours, 'x', 10);
}
END_TEST

/* A piece larger than a block leaves the free part of the block in use. */
START_TEST(large_piece_has_a_block_of_its_own)
{
	char *before = arena_alloc_raw(&arena, 16), *large, *after;

	large = arena_alloc(&arena, 3 * BLOCK + 1);
	ck_assert(is_aligned(large));
	memset(large, 'x', 3 * BLOCK + 1);
	after = arena_alloc_raw(&arena, 16);
	ck_assert_ptr_eq(after, before + 16);
	ck_assert_uint_eq(arena.total, 4 * BLOCK + alignof(max_align_t));
}
END_TEST

START_TEST(large_piece_may_be_the_first)
{
	char *large = arena_alloc(&arena, 2 * BLOCK);
	char *small = arena_alloc(&arena, 8);

	memset(large, 'x', 2 * BLOCK);
	memset(small, 'x', 8);
	ck_assert_uint_eq(arena.total, 3 * BLOCK);
}
END_TEST

START_TEST(what_is_left_can_be_allocated)
{
	struct arena small;
	size_t left;
	int i;

	arena_init(&small, pool, BLOCK / 2 + 3);
	ck_assert_uint_le(arena_left(&small), BLOCK / 2 + 3);
	ck_assert_uint_ge(arena_left(&small), BLOCK / 2 - 16);
	for (i = 0; (left = arena_left(&small)) > 0; i++)
		memset(arena_alloc_raw(&small, (left + 1) / 2), 'x',
		    (left + 1) / 2);
	ck_assert_int_gt(i, 3);
	arena_reset(&small);
	left = arena_left(&small);
	memset(arena_alloc_raw(&small, left), 'x', left);
	ck_assert_uint_eq(arena_left(&small), 0);
	arena_reset(&small);
}
END_TEST

START_TEST(whole_limit_can_be_used)
{
	size_t used;

	for (used = 0; used < LIMIT; used += BLOCK / 4)
		memset(arena_alloc_raw(&arena, BLOCK / 4), 'x', BLOCK / 4);
	ck_assert_uint_eq(arena_left(&arena), 0);
	ck_assert_uint_eq(arena.total, LIMIT);
}
END_TEST

static const size_t sizes_beyond[] = { LIMIT + 1, SIZE_MAX, SIZE_MAX - 15,
	SIZE_MAX / 2 };

START_TEST(beyond_the_limit_panics)
{
	arena_alloc_raw(&arena, sizes_beyond[_i]);
}
END_TEST

START_TEST(beyond_the_limit_by_small_pieces_panics)
{
	size_t used;

	for (used = 0; used <= LIMIT; used += 16)
		arena_alloc_raw(&arena, 16);
}
END_TEST

START_TEST(freeing_a_pool_in_use_panics)
{
	arena_alloc(&arena, 1);
	arena_pool_free(&pool);
}
END_TEST

START_TEST(copy_ends_with_nul)
{
	ck_assert_mem_eq(arena_copy(&arena, "a\0b", 3), "a\0b", 4);
	ck_assert_str_eq(arena_copy(&arena, NULL, 0), "");
}
END_TEST

/* Around the size up to which a text is formatted aside. */
START_TEST(format_makes_any_length)
{
	static const int widths[] = { 1, 510, 511, 512, 513, 5000 };
	char *text;
	size_t i;

	for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		text = arena_format(&arena, "%*s", widths[i], "x");
		ck_assert_uint_eq(strlen(text), (size_t)widths[i]);
		ck_assert_int_eq(text[widths[i] - 1], 'x');
	}
}
END_TEST

START_TEST(what_was_reset_is_poisoned)
{
	char *small = arena_alloc(&arena, 10);

	ck_assert(!IS_POISONED(small + 9));
	ck_assert_int_eq(IS_POISONED(small + 10), POISON_WORKS);
	arena_reset(&arena);
	ck_assert_int_eq(IS_POISONED(small), POISON_WORKS);
	ck_assert(!IS_POISONED(arena_alloc(&arena, 10)));
}
END_TEST

START_TEST(what_is_moved_outlives_its_pool)
{
	struct arena_pool *from_pool = arena_pool_new(1024, 4);
	struct arena_pool *other = arena_pool_new(1, 0);
	struct arena from, moved;
	char *small, *large;

	arena_init(&from, from_pool, 100000);
	arena_init(&moved, other, 0);
	small = arena_copy(&from, "small", 5);
	large = arena_alloc(&from, 5000);
	arena_move(&from, &moved);
	ck_assert_str_eq(arena_copy(&from, "again", 5), "again");
	arena_reset(&from);
	arena_pool_free(&from_pool);
	ck_assert_str_eq(small, "small");
	ck_assert_int_eq(large[4999], 0);
	arena_reset(&moved);
	arena_pool_free(&other);
}
END_TEST

START_TEST(moving_into_one_in_use_panics)
{
	struct arena other;

	arena_init(&other, arena_pool_new(1024, 1), 10000);
	arena_alloc(&other, 1);
	arena_move(&arena, &other);
}
END_TEST

static void
add_panics(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_loop_test_raise_signal(tcase, beyond_the_limit_panics,
	    SIGABRT, 0, sizeof(sizes_beyond) / sizeof(sizes_beyond[0]));
	tcase_add_test_raise_signal(
	    tcase, beyond_the_limit_by_small_pieces_panics, SIGABRT);
	tcase_add_test_raise_signal(
	    tcase, freeing_a_pool_in_use_panics, SIGABRT);
	tcase_add_test_raise_signal(
	    tcase, moving_into_one_in_use_panics, SIGABRT);
}

int
main(void)
{
	Suite *suite = suite_create("base_arena");
	TCase *tcase = tcase_create("arena"), *panics = tcase_create("panic");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, pieces_are_zeroed_aligned_and_apart);
	tcase_add_test(tcase, empty_pieces_are_distinct);
	tcase_add_test(tcase, zeroed_even_when_the_block_was_used_before);
	tcase_add_test(tcase, reset_gives_blocks_back_for_reuse);
	tcase_add_test(tcase, rewound_it_keeps_its_first_block);
	tcase_add_test(tcase, rewound_it_gives_more_blocks_back);
	tcase_add_loop_test(tcase, rewound_it_has_the_same_room, 0, 3);
	tcase_add_test(tcase, pool_keeps_as_many_blocks_as_told);
	tcase_add_test(tcase, two_arenas_of_a_pool_do_not_share_blocks);
	tcase_add_test(tcase, large_piece_has_a_block_of_its_own);
	tcase_add_test(tcase, large_piece_may_be_the_first);
	tcase_add_test(tcase, what_is_left_can_be_allocated);
	tcase_add_test(tcase, whole_limit_can_be_used);
	tcase_add_test(tcase, copy_ends_with_nul);
	tcase_add_test(tcase, format_makes_any_length);
	tcase_add_test(tcase, what_was_reset_is_poisoned);
	tcase_add_test(tcase, what_is_moved_outlives_its_pool);
	suite_add_tcase(suite, tcase);
	add_panics(panics);
	suite_add_tcase(suite, panics);
	return test_run(suite);
}
