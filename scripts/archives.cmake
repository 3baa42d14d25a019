# Two ways to the same libraries: sluice-shared, and sluice-archives for what has the target
# property SLUICE_ARCHIVES. SLUICE_ARCHIVES_WORK says whether there are archives that link.
add_library(sluice-shared INTERFACE)
target_link_libraries(sluice-shared INTERFACE PkgConfig::YAML PkgConfig::JANSSON
  PkgConfig::PNG PkgConfig::CRYPTO ${CSV_LIBRARY} PkgConfig::BLAS ${HDF5_C_LIBRARIES}
  PkgConfig::ZLIB)

# Of an archive only those objects are taken that something calls, and --as-needed leaves out
# the libraries that only the others want.
set(archives ${BLAS_LINK_LIBRARIES} ${HDF5_C_LIBRARIES})
list(TRANSFORM archives REPLACE "/lib(openblas|hdf5|hdf5_serial|sz)\\.so$" "/lib\\1.a")
list(PREPEND archives ${YAML_LINK_LIBRARIES} ${JANSSON_LINK_LIBRARIES} ${PNG_LINK_LIBRARIES}
  ${CRYPTO_LINK_LIBRARIES} ${CSV_LIBRARY})
list(APPEND archives ${ZLIB_LINK_LIBRARIES})
foreach(library IN LISTS archives)
  string(REGEX REPLACE "/lib(yaml|jansson|png16|crypto|csv|z)\\.so$" "/lib\\1.a" archive
    ${library})
  if(EXISTS ${archive})
    list(TRANSFORM archives REPLACE "^${library}$" "${archive}")
  endif()
endforeach()
find_library(SLUICE_AEC libaec.a) # what libsz.a calls
if(SLUICE_AEC)
  list(APPEND archives ${SLUICE_AEC})
endif()
add_library(sluice-archives INTERFACE)
target_link_options(sluice-archives INTERFACE -Wl,--as-needed)
target_link_libraries(sluice-archives INTERFACE ${archives})

set(SLUICE_ARCHIVES_WORK OFF)
if(SLUICE_STATIC_LIBRARIES)
  include(CheckCSourceCompiles)
  set(CMAKE_REQUIRED_INCLUDES ${BLAS_INCLUDE_DIRS} ${HDF5_C_INCLUDE_DIRS})
  set(CMAKE_REQUIRED_LINK_OPTIONS -Wl,--as-needed)
  set(CMAKE_REQUIRED_LIBRARIES ${archives} m)
  check_c_source_compiles("#include <cblas.h>
#include <hdf5.h>
void dsyev_(void);
int main(void) { dsyev_(); return cblas_isamax(0, 0, 1) + H5open(); }" SLUICE_ARCHIVES_LINK)
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  unset(CMAKE_REQUIRED_LIBRARIES)
  set(SLUICE_ARCHIVES_WORK ${SLUICE_ARCHIVES_LINK})
endif()
