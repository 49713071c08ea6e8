# Writes the file IN as a C array named embedded_SYMBOL into OUT; see embedded.h.
file(READ ${IN} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "#include \"embedded.h\"

const struct embedded embedded_${SYMBOL} = {
.size = ${size},
.bytes = (const unsigned char[]){
${bytes}0x00 }
};
")
