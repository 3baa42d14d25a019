/* SPDX-License-Identifier: MIT */
/*
 * linked: what a start costs before main. Linked with the libraries of sluice, of which it
 * names one function each, and calls none.
 */
#include <cblas.h>
#include <csv.h>
#include <hdf5.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <png.h>
#include <stdio.h>
#include <yaml.h>
#include <zlib.h>

typedef void function(void);

void dsyev_(void);

static function *const volatile named[] = {
    (function *)H5Fcreate,         (function *)cblas_sgemm,
    (function *)cblas_dgemm,       (function *)dsyev_,
    (function *)inflate,           (function *)deflate,
    (function *)csv_init,          (function *)yaml_parser_parse,
    (function *)json_loads,        (function *)png_create_read_struct,
    (function *)EVP_DigestInit_ex,
};

int
main(void)
{
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (!named[i])
            return 1;
    return puts("linked") < 0;
}
