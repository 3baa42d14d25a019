# What modules from outside may include and call: these headers, and what they declare.
set(SLUICE_PUBLIC_HEADERS
  runner/base/arena.h
  runner/base/error.h
  runner/base/file.h
  runner/base/hash.h
  runner/base/rng.h
  runner/base/text.h
  runner/config/field.h
  runner/config/node.h
  runner/config/report.h
  runner/config/table.h
  runner/parallel/pool.h
  runner/parallel/profile.h
  runner/pipeline/exports.h
  runner/pipeline/submodel.h
  runner/pipeline/model.h
  runner/pipeline/preprocess.h
  runner/pipeline/stage.h
  runner/store/content.h
  runner/store/dataset.h
  runner/tensor/linalg.h
  runner/tensor/normal.h
  runner/tensor/real.h
  runner/tensor/special.h
  runner/tensor/tensor.h)
# All of them; a new one comes with a source that is listed, so that this is read again.
file(GLOB learn_headers RELATIVE ${PROJECT_SOURCE_DIR}
  ${PROJECT_SOURCE_DIR}/modules/learn/*.h)
list(APPEND SLUICE_PUBLIC_HEADERS ${learn_headers})

# The program exports what these headers name and nothing else. Names of types in the list
# do no harm; SL_R(name) stands for name_f32 and name_f64.
function(sluice_write_exports file)
  set(names)
  foreach(header ${SLUICE_PUBLIC_HEADERS})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
      ${PROJECT_SOURCE_DIR}/${header})
    file(READ ${PROJECT_SOURCE_DIR}/${header} text)
    string(REGEX MATCHALL "sl_[a-z0-9_]+" found "${text}")
    list(APPEND names ${found})
    string(REGEX MATCHALL "SL_R\\(sl_[a-z0-9_]+\\)" found "${text}")
    foreach(real ${found})
      string(REGEX REPLACE "SL_R\\((.*)\\)" "\\1" real ${real})
      list(APPEND names ${real}_f32 ${real}_f64)
    endforeach()
  endforeach()
  # Each object has its own.
  list(REMOVE_ITEM names sl_exports)
  list(REMOVE_DUPLICATES names)
  list(SORT names)
  list(JOIN names ";\n" lines)
  file(CONFIGURE OUTPUT ${file} CONTENT "{\n@lines@;\n};\n" @ONLY)
endfunction()
