/* SPDX-License-Identifier: ISC */
#include "base/base_hash.h"
#include "test_unit.h"

/* The authors' vector of eight bytes, 0 to 7, with the key 0 to 15. */
START_TEST(test_vector)
{
	static const struct hash_key key = {
		{ 0x0706050403020100u, 0x0f0e0d0c0b0a0908u },
	};

	ck_assert_uint_eq(
	    hash_word(&key, 0x0706050403020100u), 0x93f5f5799a932462u);
}
END_TEST

START_TEST(test_keys_differ)
{
	struct hash_key one, other;

	hash_key_make(&one);
	hash_key_make(&other);
	ck_assert_uint_ne(hash_word(&one, 1), hash_word(&other, 1));
	ck_assert_uint_ne(hash_word(&one, 1), hash_word(&one, 2));
	ck_assert_uint_eq(hash_word(&one, 1), hash_word(&one, 1));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_hash");
	TCase *tests = tcase_create("hash");

	tcase_add_test(tests, test_vector);
	tcase_add_test(tests, test_keys_differ);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
