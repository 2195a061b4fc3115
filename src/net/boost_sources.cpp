// Asio and Beast are compiled here once (BOOST_ASIO_SEPARATE_COMPILATION, BOOST_BEAST_SEPARATE_COMPILATION); every
// other file of the house only declares them. asio::ssl is left out on purpose: see tls.hpp.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
