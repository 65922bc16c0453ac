/* SPDX-License-Identifier: ISC */
/*
 * The tree of path segments behind the router.  Routes are added in order of
 * declaration, then the tree is finished, then it is only read.  Private to
 * the router.
 */
#ifndef APP_TREE_H
#define APP_TREE_H

#include <stddef.h>

#include "app/app_scope.h"
#include "base/base_error.h"

struct app_node;

/* Routes that end at the same place, the first to try first. */
struct app_routes {
	const struct cohort_route **routes;
	const struct cohort_route **for_head; /* the same, for HEAD */
	size_t count;
};

struct app_child {
	const char *text; /* a slice of some route's pattern */
	size_t size;
	struct app_node *node;
};

struct app_node {
	struct app_child *children; /* sorted by size, then bytes */
	size_t child_count;
	struct app_node *param;         /* {name}, whatever the name; NULL */
	struct app_routes exact;        /* the path ends here: "/a" */
	struct app_routes slash;        /* so, in a slash: "/a/" */
	struct app_routes tails;        /* {name}*, and defaults */
	const struct cohort_app *scope; /* whose prefix ends here; NULL */
};

void app_tree_init(struct app_node *root);
void app_tree_fini(struct app_node *root);

void app_tree_add_scope(struct app_node *root, const struct cohort_app *scope);
void app_tree_add_route(
    struct app_node *root, const struct cohort_route *route);

/*
 * Sorts; refuses what can never be reached.  *most_r is a bound on how many
 * routes match one path.  0, or -1 with mount and pattern at fault.
 */
int app_tree_finish(struct app_node *root, size_t *most_r, struct error *error);

#endif
