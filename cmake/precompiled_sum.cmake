# cmake -DHEADER=FILE -DCOMPILER=PROGRAM -P: writes FILE.pch.sum, a checksum of what FILE includes.
execute_process(
    COMMAND ${COMPILER} -std=c++23 -DBOOST_ASIO_NO_DEPRECATED -w -E -P -x c++-header ${HEADER}
    OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${COMPILER} --version OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
string(SHA256 sum "${version}${text}")
file(WRITE ${HEADER}.pch.sum ${sum})
